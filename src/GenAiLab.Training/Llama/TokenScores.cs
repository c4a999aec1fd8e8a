using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Optimization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Llama;

/// <summary>log p of next tokens of a batch under given weights: the forward half of the training graph. Not thread-safe.</summary>
internal sealed class TokenScores : IDisposable
{
    private readonly InferenceSession _session;
    private readonly int _rows;
    private readonly int? _places;

    /// <param name="config">Shape of the model.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="length">Tokens of each.</param>
    /// <param name="places">How many tokens of the batch are scored; null: all of them.</param>
    /// <param name="threads">Threads within an operation.</param>
    public TokenScores(LlamaConfig config, int batch, int length, int? places, int threads)
    {
        (_rows, _places) = (batch * length, places);
        var specifications = FlatParameters.Of(config);
        var graph = new TensorGraph();
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var ids = graph.IndexInput("ids", _rows);
        var targets = graph.IndexInput("targets", places ?? _rows);
        var weights = FlatParameters.Slice(graph, parameters, specifications);
        var hidden = LlamaTrainingGraph.Hidden(graph, config, weights, ids, batch, length);
        var scored = places is { } count ? graph.SelectRows(hidden, graph.IndexInput("places", count)) : hidden;
        graph.Output("log_probabilities", graph.LogProbability(LlamaTrainingGraph.Head(graph, weights, scored), targets));
        using var session = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(graph.Onnx.Build().ToByteArray(), session);
    }

    /// <summary>In nats.</summary>
    /// <param name="parameters">The weights, flat.</param>
    /// <param name="ids">Time-major: [length × batch].</param>
    /// <param name="targets">The tokens that follow; those of the places where there are places, otherwise of all.</param>
    /// <param name="places">Which rows of <paramref name="ids"/> are scored; null: all of them.</param>
    /// <returns>One for each of <paramref name="targets"/>.</returns>
    public float[] Measure(float[] parameters, long[] ids, long[] targets, long[]? places = null)
    {
        using var parameterValue = OrtValue.CreateTensorValueFromMemory(parameters, [parameters.Length]);
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [_rows]);
        using var targetValue = OrtValue.CreateTensorValueFromMemory(targets, [_places ?? _rows]);
        using var placeValue = places is null ? null : OrtValue.CreateTensorValueFromMemory(places, [places.Length]);
        using var run = new RunOptions();
        List<string> names = ["parameters", "ids", "targets"];
        List<OrtValue> values = [parameterValue, idValue, targetValue];
        if (placeValue is not null)
        {
            names.Add("places");
            values.Add(placeValue);
        }

        using var outputs = _session.Run(run, names, values, ["log_probabilities"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
