using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Serving;

/// <summary>
/// A serving folder as an evaluator sees it: whole sequences in, logits out, by the very graph that the
/// Decoder service runs. No cache is kept between calls; not for generation.
/// </summary>
public sealed class ServedDecoder : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly InferenceSession _session;

    /// <summary>Loads the folder's graph.</summary>
    /// <exception cref="ModelFolderException">The folder's configuration cannot be used.</exception>
    public ServedDecoder(string folder)
    {
        _config = GenAiConfig.Read(folder);
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(Path.Combine(folder, _config.GraphFile), options);
    }

    /// <summary>Number of token ids.</summary>
    public int VocabularySize => _config.VocabularySize;

    /// <summary>The longest sequence, in tokens.</summary>
    public int ContextLength => _config.ContextLength;

    /// <summary>Logits of sequences of one length: [batch, length, vocabulary], row-major.</summary>
    public float[] Logits(IReadOnlyList<int[]> sequences)
    {
        var (batch, length) = (sequences.Count, sequences[0].Length);
        var ids = sequences.SelectMany(static sequence => sequence.Select(static id => (long)id)).ToArray();
        var values = new Dictionary<string, OrtValue>
        {
            ["input_ids"] = OrtValue.CreateTensorValueFromMemory(ids, [batch, length]),
            ["attention_mask"] = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, batch * length).ToArray(), [batch, length]),
        };
        for (var layer = 0; layer < _config.Layers; layer++)
        {
            foreach (var part in new[] { "key", "value" })
            {
                values[$"past_key_values.{layer}.{part}"] = OrtValue.CreateTensorValueFromMemory(
                    Array.Empty<float>(), [batch, _config.KeyValueHeads, 0, _config.HeadSize]);
            }
        }

        try
        {
            using var run = new RunOptions();
            using var outputs = _session.Run(run, values, ["logits"]);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            foreach (var value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
