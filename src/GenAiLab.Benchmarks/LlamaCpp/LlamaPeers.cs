using GenAiLab.Benchmarks.Engine;

namespace GenAiLab.Benchmarks.LlamaCpp;

/// <summary>llama.cpp in each of its settings: its best for a figure is what the lab is compared with.</summary>
internal sealed class LlamaPeers(string libraries, EngineBenchmarkOptions options, GgmlType type, Dictionary<(GgmlType Type, string Figure), LlamaSettings> known) : IDisposable
{
    private readonly string _gguf = GgufFile.Write(options.Model, type, options.Work);
    private LlamaTarget? _current;

    /// <summary>The fastest of all settings at a figure, loaded.</summary>
    /// <param name="figure">The figure's name: for the same weights its best settings are found once.</param>
    /// <param name="prepare">What comes before it.</param>
    /// <param name="measure">Larger is better.</param>
    /// <param name="sequences">Sequences that it takes.</param>
    public IDecodeTarget Best(string figure, Action<IDecodeTarget> prepare, Func<IDecodeTarget, double> measure, int sequences)
    {
        if (!known.TryGetValue((type, figure), out var best))
        {
            known[(type, figure)] = best = LlamaSettings.All.Where(settings => sequences > 1 || !settings.UnifiedCache).Select(settings => (settings, rate: Measured(settings))).MaxBy(static entry => entry.rate).settings;
        }

        var fastest = Load(best, sequences);
        prepare(fastest);
        return fastest;

        double Measured(LlamaSettings settings)
        {
            var target = Load(settings, sequences);
            prepare(target);
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
