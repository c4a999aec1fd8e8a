using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Optimization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Reward;

/// <summary>Rewards by the weights of a training that is under way, not normalised yet.</summary>
internal sealed class RewardForward : IDisposable
{
    private readonly InferenceSession _session;
    private readonly PairBatch _batch;
    private readonly int _rows;

    public RewardForward(LlamaConfig config, IReadOnlyList<ParameterSpecification> specifications, RewardOptions options)
    {
        _rows = 2 * options.Pairs;
        _batch = new PairBatch(_rows, options.Length, 0);
        var graph = new TensorGraph();
        var weights = FlatParameters.Slice(graph, graph.Input("parameters", FlatParameters.Length(specifications)), specifications);
        graph.Output("rewards", RewardTraining.Rewards(graph, config, weights, _rows, options.Length));
        using var session = new SessionOptions { IntraOpNumThreads = options.Threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(graph.Onnx.Build().ToByteArray(), session);
    }

    /// <summary>One reward for each sequence.</summary>
    public float[] Rewards(ReadOnlySpan<float> parameters, IReadOnlyList<int[]> sequences)
    {
        var flat = parameters.ToArray();
        using var parameterValue = OrtValue.CreateTensorValueFromMemory(flat, [flat.Length]);
        using var ids = OrtValue.CreateTensorValueFromMemory(_batch.Ids, [_batch.Ids.Length]);
        using var last = OrtValue.CreateTensorValueFromMemory(_batch.Last, [_rows]);
        using var run = new RunOptions();
        var rewards = new List<float>(sequences.Count);
        foreach (var chunk in sequences.Chunk(_rows))
        {
            _batch.Fill(chunk);
            using var outputs = _session.Run(run, ["parameters", "ids", "last"], [parameterValue, ids, last], ["rewards"]);
            rewards.AddRange(outputs[0].GetTensorDataAsSpan<float>()[..chunk.Length]);
        }

        return [.. rewards];
    }

    public void Dispose() => _session.Dispose();
}
