using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Reward;

/// <summary>A reward model's folder as training and evaluation use it: many conversations at once, by the graph that is served.</summary>
public sealed class RewardScorer : IDisposable
{
    private const int BatchSize = 64;
    private readonly InferenceSession _session;

    /// <summary>Loads the folder's graph.</summary>
    /// <exception cref="ModelFolderException">There is none, or it is no reward model.</exception>
    public RewardScorer(string folder, int threads)
    {
        var path = Path.Combine(folder, "model.onnx");
        if (!File.Exists(path))
        {
            throw new ModelFolderException("model.onnx", "the file is missing");
        }

        using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(path, options);
        if (!_session.OutputMetadata.TryGetValue("logits", out var logits) || logits.Dimensions is not [_, 1])
        {
            _session.Dispose();
            throw new ModelFolderException("model.onnx", "not a reward model: it must give one logit a sequence");
        }
    }

    /// <summary>The reward of each conversation, in the order given.</summary>
    /// <param name="conversations">Token ids from the beginning of the sequence to the end of the answer.</param>
    public float[] Rewards(IReadOnlyList<int[]> conversations)
    {
        var rewards = new float[conversations.Count];
        using var run = new RunOptions();

        // Like lengths together, so that little is padding.
        foreach (var chunk in Enumerable.Range(0, conversations.Count).OrderBy(at => conversations[at].Length).Chunk(BatchSize))
        {
            var length = conversations[chunk[^1]].Length;
            var (ids, mask) = (new long[chunk.Length * length], new long[chunk.Length * length]);
            for (var row = 0; row < chunk.Length; row++)
            {
                var conversation = conversations[chunk[row]];
                for (var at = 0; at < conversation.Length; at++)
                {
                    (ids[(row * length) + at], mask[(row * length) + at]) = (conversation[at], 1);
                }
            }

            using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [chunk.Length, length]);
            using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, [chunk.Length, length]);
            using var outputs = _session.Run(run, ["input_ids", "attention_mask"], [idValue, maskValue], ["logits"]);
            var logits = outputs[0].GetTensorDataAsSpan<float>();
            for (var row = 0; row < chunk.Length; row++)
            {
                rewards[chunk[row]] = logits[row];
            }
        }

        return rewards;
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
