using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Optimization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Base;

/// <summary>Mean cross-entropy on documents that training never sees: the forward half of the training graph.</summary>
internal sealed class HeldOutLoss : IDisposable
{
    private readonly InferenceSession _session;
    private readonly TokenBatches _batches;
    private readonly int _batch;
    private readonly int _length;

    public HeldOutLoss(LlamaConfig config, IReadOnlyList<ParameterSpecification> specifications, TokenizedCorpus corpus, BaseTrainingOptions options)
    {
        (_batch, _length) = (options.BatchSize, options.Length);
        _batches = new TokenBatches(corpus.HeldOutDocuments, corpus.Separator, int.MaxValue / 4, _batch, _length, seed: 0);
        var graph = new TensorGraph();
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var ids = graph.IndexInput("ids", _length * _batch);
        var targets = graph.IndexInput("targets", _length * _batch);
        var weights = graph.Constant("weights", [.. Enumerable.Repeat(1f, _length * _batch)], _length * _batch);
        var logits = LlamaTrainingGraph.Logits(graph, config, FlatParameters.Slice(graph, parameters, specifications), ids, _batch, _length);
        graph.Output("loss", graph.CrossEntropy(logits, targets, weights));
        using var session = new SessionOptions { IntraOpNumThreads = options.Threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(graph.Onnx.Build().ToByteArray(), session);
    }

    /// <summary>Of finished weights, in nats per token.</summary>
    public static double Of(LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, TokenizedCorpus corpus, BaseTrainingOptions options)
    {
        var specifications = FlatParameters.Of(config);
        using var loss = new HeldOutLoss(config, specifications, corpus, options);
        return loss.Measure(FlatParameters.Pack(weights, specifications));
    }

    /// <summary>In nats per token, over every full batch of the held-out documents.</summary>
    public double Measure(ReadOnlySpan<float> parameters)
    {
        var weights = parameters.ToArray();
        var (ids, targets) = (new long[_length * _batch], new long[_length * _batch]);
        using var parameterValue = OrtValue.CreateTensorValueFromMemory(weights, [weights.Length]);
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [ids.Length]);
        using var targetValue = OrtValue.CreateTensorValueFromMemory(targets, [targets.Length]);
        using var run = new RunOptions();
        double sum = 0;
        for (var step = 0; step < _batches.StepsPerEpoch; step++)
        {
            _batches.Fill(step, ids, targets);
            using var outputs = _session.Run(run, ["parameters", "ids", "targets"], [parameterValue, idValue, targetValue], ["loss"]);
            sum += outputs[0].GetTensorDataAsSpan<float>()[0];
        }

        return sum / _batches.StepsPerEpoch;
    }

    public void Dispose() => _session.Dispose();
}
