using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>The plainest way to run a folder's graph, as it stands: the whole text at once, without a past, in a session of its own.</summary>
internal sealed class WholeRuns : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly InferenceSession _session;

    public WholeRuns(string folder)
    {
        _config = DecoderConfig.Read(folder);
        _session = new InferenceSession(Path.Combine(folder, _config.GraphFile));
    }

    /// <summary>Logits after the last token.</summary>
    public float[] Logits(params IReadOnlyList<int> tokens)
    {
        var count = tokens.Count;
        Dictionary<string, OrtValue> inputs = new(StringComparer.Ordinal);
        foreach (var (name, value) in _session.InputMetadata)
        {
            inputs[name] = name switch
            {
                "input_ids" => Integers([.. tokens.Select(static id => (long)id)], 1, count),
                "attention_mask" => Integers([.. Enumerable.Repeat(1L, count)], 1, count),
                "position_ids" => Integers([.. Enumerable.Range(0, count).Select(static at => (long)at)], 1, count),
                "num_logits_to_keep" => Integers([0]),
                "seqlens_k" => OrtValue.CreateTensorValueFromMemory(new[] { count - 1 }, [1]),
                "total_seq_len" => OrtValue.CreateTensorValueFromMemory(new[] { count }, []),
                "use_cache_branch" => OrtValue.CreateTensorValueFromMemory(new[] { false }, [1]),
                _ when value.ElementType == typeof(Float16) => OrtValue.CreateTensorValueFromMemory(Array.Empty<Float16>(), [1, value.Dimensions[1], 0, 16]),
                _ => OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, value.Dimensions[1], 0, 16]),
            };
        }

        try
        {
            using var options = new RunOptions();
            using var outputs = _session.Run(options, inputs, ["logits"]);
            var all = _session.OutputMetadata["logits"].ElementType == typeof(Float16)
                ? [.. MemoryMarshal.Cast<Float16, Half>(outputs[0].GetTensorDataAsSpan<Float16>()).ToArray().Select(static value => (float)value)]
                : outputs[0].GetTensorDataAsSpan<float>().ToArray();
            return all[^_config.VocabularySize..];
        }
        finally
        {
            foreach (var value in inputs.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <summary>The most probable continuation, each token from a run over all that is there by then.</summary>
    public int[] Greedy(IReadOnlyList<int> prompt, int count)
    {
        List<int> tokens = [.. prompt];
        for (var at = 0; at < count; at++)
        {
            var logits = Logits(tokens);
            tokens.Add(logits.IndexOf(logits.Max()));
        }

        return [.. tokens.Skip(prompt.Count)];
    }

    public void Dispose() => _session.Dispose();

    private static OrtValue Integers(long[] values, params long[] shape) => OrtValue.CreateTensorValueFromMemory(values, shape);
}
