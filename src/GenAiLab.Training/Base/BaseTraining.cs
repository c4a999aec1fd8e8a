using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Base;

/// <summary>
/// Stage 1, pre-training: next-token cross-entropy on raw text. Checkpoints at every evaluation and on
/// cancellation; a run that goes on from one ends in the same bits as a run that was never interrupted.
/// </summary>
public sealed class BaseTraining(BaseTrainingOptions options, TokenizedCorpus corpus, string checkpointFolder)
{
    private readonly LlamaConfig _config = options.Model(corpus.VocabularySize);

    /// <summary>Trains to the end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint is on disk.</exception>
    /// <exception cref="InvalidOperationException">The loss is not a number any more; the message names the step, the last checkpoint stays.</exception>
    public BaseTrainingResult Run(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var specifications = FlatParameters.Of(_config);
        var batches = new TokenBatches(
            corpus.TrainingDocuments, corpus.Separator, options.CorpusTokens, options.BatchSize, options.Length, options.Seed);
        var rows = options.BatchSize * options.Length;
        var (ids, targets) = (new long[rows], new long[rows]);
        var constants = new AdamWConstants();
        using var session = new TrainingSession(
            BuildGraph(specifications, constants),
            new Dictionary<string, (Array, long[])> { ["ids"] = (ids, [rows]), ["targets"] = (targets, [rows]) },
            InitialWeights.Of(_config, options.Seed), constants, options.Threads);
        using var heldOut = new HeldOutLoss(_config, specifications, corpus, options);

        // Options name the seed, of which corpus and initial weights follow.
        var loop = new TrainingLoop<BaseTrainingOptions>(
            options, "", checkpointFolder, new LearningRateSchedule(options.LearningRate, options.WarmUpSteps, options.Steps, options.FinalRateShare),
            options.EvaluationInterval, rows, measureAtStart: false);
        var outcome = loop.Run(session, new Stage(batches, heldOut, ids, targets), progress, cancellation);
        return new BaseTrainingResult(
            _config, FlatParameters.Unpack(outcome.Parameters, specifications),
            [.. outcome.Curve.Select(static point => new LossPoint(point.Step, point.Values[TrainingFigures.Loss], point.Values[TrainingFigures.HeldOutLoss]))],
            outcome.Elapsed, options.Steps * (double)rows / outcome.Elapsed.TotalSeconds, batches.Tokens);
    }

    /// <summary>Forgets an unfinished run.</summary>
    public static void Forget(string checkpointFolder) => TrainingCheckpoint.Delete(checkpointFolder);

    private Google.Protobuf.IMessage BuildGraph(List<ParameterSpecification> specifications, AdamWConstants constants)
    {
        var graph = new TensorGraph();
        var rows = options.BatchSize * options.Length;
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var ids = graph.IndexInput("ids", rows);
        var targets = graph.IndexInput("targets", rows);
        var mask = graph.Constant("loss_mask", [.. Enumerable.Repeat(1f, rows)], rows);
        var weights = FlatParameters.Slice(graph, parameters, specifications);
        var logits = LlamaTrainingGraph.Logits(graph, _config, weights, ids, options.BatchSize, options.Length);
        AdamWGraph.Append(graph, parameters, weights, specifications, graph.CrossEntropy(logits, targets, mask), constants);
        return graph.Onnx.Build();
    }

    private sealed class Stage(TokenBatches batches, HeldOutLoss heldOut, long[] ids, long[] targets) : ITrainingStage
    {
        public IReadOnlyDictionary<string, double> Prepare(int step, ReadOnlySpan<float> parameters)
        {
            batches.Fill(step, ids, targets);
            return new Dictionary<string, double>();
        }

        public IReadOnlyDictionary<string, double> Measure(int step, ReadOnlySpan<float> parameters) =>
            new Dictionary<string, double> { [TrainingFigures.HeldOutLoss] = heldOut.Measure(parameters) };
    }
}
