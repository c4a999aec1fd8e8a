using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Optimization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Llama;

/// <summary>log p of every next token of a batch under given weights: the forward half of the training graph. Not thread-safe.</summary>
internal sealed class TokenScores : IDisposable
{
    private readonly InferenceSession _session;
    private readonly int _rows;

    /// <param name="config">Shape of the model.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="length">Tokens of each.</param>
    /// <param name="threads">Threads within an operation.</param>
    public TokenScores(LlamaConfig config, int batch, int length, int threads)
    {
        _rows = batch * length;
        var specifications = FlatParameters.Of(config);
        var graph = new TensorGraph();
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var ids = graph.IndexInput("ids", _rows);
        var targets = graph.IndexInput("targets", _rows);
        var logits = LlamaTrainingGraph.Logits(graph, config, FlatParameters.Slice(graph, parameters, specifications), ids, batch, length);
        graph.Output("log_probabilities", graph.LogProbability(logits, targets));
        using var session = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(graph.Onnx.Build().ToByteArray(), session);
    }

    /// <summary>In nats, time-major: [length × batch].</summary>
    public float[] Measure(float[] parameters, long[] ids, long[] targets)
    {
        using var parameterValue = OrtValue.CreateTensorValueFromMemory(parameters, [parameters.Length]);
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [_rows]);
        using var targetValue = OrtValue.CreateTensorValueFromMemory(targets, [_rows]);
        using var run = new RunOptions();
        using var outputs = _session.Run(run, ["parameters", "ids", "targets"], [parameterValue, idValue, targetValue], ["log_probabilities"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
