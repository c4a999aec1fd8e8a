using System.Diagnostics;
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
        var specifications = _config.Parameters().Select(static item => new ParameterSpecification(item.Name, item.Shape, item.IsMatrix)).ToList();
        var batches = new TokenBatches(
            corpus.TrainingDocuments, corpus.Separator, options.CorpusTokens, options.BatchSize, options.Length, options.Seed);
        var rows = options.BatchSize * options.Length;
        var (ids, targets) = (new long[rows], new long[rows]);
        var constants = new AdamWConstants();
        using var session = new TrainingSession(
            BuildGraph(specifications, constants),
            new Dictionary<string, (Array, long[])> { ["ids"] = (ids, [rows]), ["targets"] = (targets, [rows]) },
            InitialWeights(), constants, options.Threads);
        using var heldOut = new HeldOutLoss(_config, specifications, corpus, options);

        var schedule = new LearningRateSchedule(options.LearningRate, options.WarmUpSteps, options.Steps);
        var checkpoint = TrainingCheckpoint.Load(checkpointFolder, options, session.Parameters.Length);
        var curve = new List<LossPoint>(checkpoint?.Curve ?? []);
        var (lossSum, earlier, first) = (checkpoint?.LossSum ?? 0, checkpoint?.Seconds ?? 0, checkpoint?.Step ?? 0);
        if (checkpoint is not null)
        {
            session.Restore(checkpoint.Step, checkpoint.State);
        }

        var watch = Stopwatch.StartNew();
        while (session.Step < options.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                cancellation.ThrowIfCancellationRequested();
            }

            var rate = schedule.At(session.Step);
            batches.Fill(session.Step, ids, targets);
            var (loss, norm) = session.Run(rate);
            if (!float.IsFinite(loss) || !float.IsFinite(norm))
            {
                throw new InvalidOperationException(
                    $"the loss of step {session.Step} is not a number; the checkpoint before it is kept. Try a lower learning rate.");
            }

            lossSum += loss;
            if (session.Step % options.EvaluationInterval == 0 || session.Step == options.Steps)
            {
                var since = session.Step - (curve.Count > 0 ? curve[^1].Step : 0);
                curve.Add(new LossPoint(session.Step, lossSum / since, heldOut.Measure(session.Parameters)));
                lossSum = 0;
                Save();
            }

            var speed = (session.Step - first) * (double)rows / watch.Elapsed.TotalSeconds;
            progress?.Report(new TrainingProgress(
                session.Step, options.Steps, loss, curve.Count > 0 ? (float)curve[^1].HeldOutLoss : null, rate, speed,
                TimeSpan.FromSeconds((options.Steps - session.Step) * (double)rows / speed)));
        }

        var elapsed = earlier + watch.Elapsed.TotalSeconds;
        return new BaseTrainingResult(
            _config, FlatParameters.Unpack(session.Parameters, specifications), curve, TimeSpan.FromSeconds(elapsed),
            options.Steps * (double)rows / elapsed, batches.Tokens);

        void Save() => new TrainingCheckpoint(options, session.Step, earlier + watch.Elapsed.TotalSeconds, lossSum, curve)
        {
            State = session.Snapshot(),
        }.Save(checkpointFolder);
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

    // Normal with deviation 0.5 / √width; what is added to the residual stream is smaller by √(2 layers), so that
    // its sum over the layers keeps its size (Radford et al. 2019, GPT-2, §2.3).
    private float[] InitialWeights()
    {
        var random = new Random(options.Seed);
        var weights = new List<float>();
        foreach (var parameter in _config.Parameters())
        {
            var deviation = 0.5 / Math.Sqrt(_config.HiddenSize);
            if (parameter.Name.EndsWith(".output", StringComparison.Ordinal) || parameter.Name.EndsWith(".down", StringComparison.Ordinal))
            {
                deviation /= Math.Sqrt(2 * _config.Layers);
            }

            for (var at = 0; at < parameter.Length; at++)
            {
                weights.Add(parameter.IsMatrix ? (float)(deviation * Normal(random)) : 1);
            }
        }

        return [.. weights];
    }

    // Box–Muller.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
