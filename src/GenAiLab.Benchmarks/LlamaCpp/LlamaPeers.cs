using GenAiLab.Benchmarks.Engine;

namespace GenAiLab.Benchmarks.LlamaCpp;

/// <summary>llama.cpp in each of its settings: its best for a figure is what the lab is compared with.</summary>
internal sealed class LlamaPeers(string libraries, EngineBenchmarkOptions options, GgmlType type) : IDisposable
{
    private readonly string _gguf = GgufFile.Write(options.Model, type, options.Work);
    private LlamaTarget? _current;

    /// <summary>The fastest of all settings at a figure, loaded.</summary>
    /// <param name="measure">Larger is better.</param>
    /// <param name="sequences">Sequences that it takes.</param>
    public IDecodeTarget Best(Func<IDecodeTarget, double> measure, int sequences)
    {
        var best = LlamaSettings.All.Select(settings => (settings, figure: Measured(settings))).MaxBy(static entry => entry.figure).settings;
        return Load(best, sequences);

        double Measured(LlamaSettings settings)
        {
            var target = Load(settings, sequences);
            measure(target);
            return measure(target);
        }
    }

    public void Dispose() => _current?.Dispose();

    private LlamaTarget Load(LlamaSettings settings, int sequences)
    {
        _current?.Dispose();
        var config = options.Model.Config;
        return _current = new LlamaTarget(libraries, _gguf, settings, sequences, config.ContextLength, options.Threads, config.VocabularySize);
    }
}
