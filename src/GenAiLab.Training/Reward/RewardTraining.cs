using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Optimization;
using Google.Protobuf;

namespace GenAiLab.Training.Reward;

/// <summary>A trained reward model: reward = hidden state of the last token · head + offset.</summary>
/// <param name="Config">Shape of the body.</param>
/// <param name="Weights">Weights of the body by name.</param>
/// <param name="Head">Weight of each dimension of the hidden state.</param>
/// <param name="Offset">Added to every reward; with the head it makes the training answers' mean 0, deviation 1.</param>
/// <param name="Curve">The curves; held_out_pair_accuracy is in [0, 1].</param>
/// <param name="Elapsed">Training time.</param>
/// <param name="TokensPerSecond">Training speed, padding counted.</param>
public sealed record RewardResult(
    LlamaConfig Config, IReadOnlyDictionary<string, float[]> Weights, float[] Head, float Offset, IReadOnlyList<CurvePoint> Curve,
    TimeSpan Elapsed, double TokensPerSecond);

/// <summary>
/// Trains a reward model on ranked pairs: −log σ(r_chosen − r_rejected), the model of Bradley and Terry (1952)
/// as Ouyang et al. (2022, arXiv:2203.02155, §3.5) use it. The body starts from the fine-tuned model, the head from 0.
/// </summary>
public sealed class RewardTraining
{
    /// <summary>Name of the curve of held-out pairs whose better answer has the higher reward, in [0, 1].</summary>
    public const string HeldOutAccuracy = "held_out_pair_accuracy";

    private const string Head = "reward";
    private readonly RewardOptions _options;
    private readonly LlamaWeights _start;
    private readonly IReadOnlyList<TokenizedPair> _training;
    private readonly IReadOnlyList<TokenizedPair> _heldOut;
    private readonly string _checkpointFolder;

    /// <param name="options">Options of the run.</param>
    /// <param name="start">The fine-tuned model.</param>
    /// <param name="training">Pairs to learn from.</param>
    /// <param name="heldOut">Pairs that training never sees.</param>
    /// <param name="checkpointFolder">Where the run keeps its state.</param>
    /// <exception cref="ArgumentException">There is no pair, or one is too long.</exception>
    public RewardTraining(
        RewardOptions options, LlamaWeights start, IReadOnlyList<TokenizedPair> training, IReadOnlyList<TokenizedPair> heldOut, string checkpointFolder)
    {
        if (training.Count == 0)
        {
            throw new ArgumentException("there is no pair to learn from", nameof(training));
        }

        if (training.Concat(heldOut).FirstOrDefault(pair => pair.Length > options.Length) is { } pair)
        {
            throw new ArgumentException($"a pair has {pair.Length} tokens; a row takes {options.Length}", nameof(training));
        }

        (_options, _start, _training, _heldOut, _checkpointFolder) = (options, start, training, heldOut, checkpointFolder);
    }

    /// <summary>Trains to the end and normalises the rewards.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint is on disk.</exception>
    /// <exception cref="InvalidOperationException">The loss is not a number any more, or the checkpoint is of another run.</exception>
    public RewardResult Run(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var config = _start.Config;
        List<ParameterSpecification> specifications = [.. FlatParameters.Of(config), new(Head, [config.HiddenSize, 1], Decayed: true)];
        var initial = FlatParameters.Pack(
            new Dictionary<string, float[]>(_start.Weights) { [Head] = new float[config.HiddenSize] }, specifications);
        var constants = new AdamWConstants();
        var batch = new PairBatch(2 * _options.Pairs, _options.Length, _start.Tokens.PadTokenId);
        using var session = new TrainingSession(Graph(specifications, constants), batch.Inputs, initial, constants, _options.Threads);
        using var scorer = new RewardForward(config, specifications, _options);
        var tokens = 2 * _options.Pairs * _options.Length;
        var loop = new TrainingLoop<RewardOptions>(
            _options, DataFingerprint.Of(initial, _training.Concat(_heldOut).SelectMany(static pair => new[] { pair.Prompt, pair.Chosen, pair.Rejected })),
            _checkpointFolder, new LearningRateSchedule(_options.LearningRate, _options.WarmUpSteps, _options.Steps),
            _options.EvaluationInterval, tokens, measureAtStart: true);
        var stage = new Stage(this, batch, scorer, new ShuffledOrder(_training.Count, _options.Pairs, _options.Seed));
        var outcome = loop.Run(session, stage, progress, cancellation);

        var weights = FlatParameters.Unpack(outcome.Parameters, specifications);
        var (mean, deviation) = Spread(scorer.Rewards(outcome.Parameters, [.. _training.SelectMany(static pair => Sequences(pair))]));
        float[] head = [.. weights[Head].Select(weight => (float)(weight / deviation))];
        weights.Remove(Head);
        return new RewardResult(
            config, weights, head, (float)(-mean / deviation), outcome.Curve, outcome.Elapsed,
            _options.Steps * (double)tokens / outcome.Elapsed.TotalSeconds);
    }

    internal static int[][] Sequences(TokenizedPair pair) => [[.. pair.Prompt, .. pair.Chosen], [.. pair.Prompt, .. pair.Rejected]];

    private static (double Mean, double Deviation) Spread(float[] rewards)
    {
        var mean = rewards.Average();
        var variance = rewards.Average(reward => (reward - (double)mean) * (reward - mean));
        return (mean, Math.Max(Math.Sqrt(variance), 1e-6));
    }

    private IMessage Graph(List<ParameterSpecification> specifications, AdamWConstants constants)
    {
        var graph = new TensorGraph();
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var weights = FlatParameters.Slice(graph, parameters, specifications);
        var rewards = graph.Reshape(Rewards(graph, _start.Config, weights, 2 * _options.Pairs, _options.Length), 2, _options.Pairs);

        // Chosen answers are the first half of the rows.
        var margins = graph.MatrixProduct(graph.Constant("margin", [1, -1], 1, 2), rewards);
        var loss = graph.Scale(graph.Sum(graph.LogSigmoid(margins)), -1f / _options.Pairs);
        AdamWGraph.Append(graph, parameters, weights, specifications, loss, constants);
        return graph.Onnx.Build();
    }

    // [rows, 1], by inputs ids (time-major) and last, the place of each row's last token among them.
    internal static Tensor Rewards(TensorGraph graph, LlamaConfig config, IReadOnlyDictionary<string, Tensor> weights, int rows, int length)
    {
        var ids = graph.IndexInput("ids", rows * length);
        var hidden = LlamaTrainingGraph.Hidden(graph, config, weights, ids, rows, length);
        return graph.MatrixProduct(graph.SelectRows(hidden, graph.IndexInput("last", rows)), weights[Head]);
    }

    private sealed class Stage(RewardTraining training, PairBatch batch, RewardForward scorer, ShuffledOrder order) : ITrainingStage
    {
        public IReadOnlyDictionary<string, double> Prepare(int step, ReadOnlySpan<float> parameters)
        {
            var pairs = order.Of(step).Select(at => Sequences(training._training[at])).ToList();
            batch.Fill([.. pairs.Select(static pair => pair[0]), .. pairs.Select(static pair => pair[1])]);
            return new Dictionary<string, double>();
        }

        public IReadOnlyDictionary<string, double> Measure(int step, ReadOnlySpan<float> parameters)
        {
            if (training._heldOut.Count == 0)
            {
                return new Dictionary<string, double>();
            }

            var rewards = scorer.Rewards(parameters, [.. training._heldOut.SelectMany(Sequences)]);
            var margins = Enumerable.Range(0, training._heldOut.Count).Select(at => rewards[2 * at] - (double)rewards[(2 * at) + 1]).ToList();
            return new Dictionary<string, double>
            {
                [TrainingFigures.HeldOutLoss] = margins.Average(static margin => Math.Log(1 + Math.Exp(-margin))),
                // Equal rewards, as before the first step, decide nothing.
                [HeldOutAccuracy] = margins.Average(static margin => margin > 0 ? 1 : margin < 0 ? 0 : 0.5),
            };
        }
    }
}
