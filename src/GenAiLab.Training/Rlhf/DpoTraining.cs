using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Optimization;
using Google.Protobuf;

namespace GenAiLab.Training.Rlhf;

/// <summary>
/// Stage 3 without a reward model and without drawing: direct preference optimisation (Rafailov et al. 2023,
/// arXiv:2305.18290), −log σ(β (log-ratio of the chosen answer − log-ratio of the rejected one)), where a log-ratio is
/// log p − log p₀ of a whole answer under the weights and under the initial ones. With an anchor, −log p of the chosen
/// answer per token (Pang et al. 2024, arXiv:2404.19733).
/// </summary>
public sealed class DpoTraining
{
    /// <summary>Names of the curves: β times the difference of log-ratios in nats, on the batch and held out; −log p of the chosen answers in nats per token; held-out pairs with a difference above 0, in [0, 1].</summary>
    public const string Margin = "margin", HeldOutMargin = "held_out_margin", Anchor = "chosen_nll", HeldOutAccuracy = "held_out_pair_accuracy";

    private readonly DpoOptions _options;
    private readonly LlamaWeights _start;
    private readonly IReadOnlyList<TokenizedPair> _training;
    private readonly IReadOnlyList<TokenizedPair> _heldOut;
    private readonly string _checkpointFolder;

    /// <param name="options">Options of the run.</param>
    /// <param name="start">The fine-tuned model, which is also the reference.</param>
    /// <param name="training">Pairs to learn from.</param>
    /// <param name="heldOut">Pairs that training never sees; may be empty.</param>
    /// <param name="checkpointFolder">Where the run keeps its state.</param>
    /// <exception cref="ArgumentException">There is no pair, or one is too long.</exception>
    public DpoTraining(
        DpoOptions options, LlamaWeights start, IReadOnlyList<TokenizedPair> training, IReadOnlyList<TokenizedPair> heldOut, string checkpointFolder)
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

    /// <summary>Trains to the end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint is on disk.</exception>
    /// <exception cref="InvalidOperationException">The loss is not a number any more, or the checkpoint is of another run.</exception>
    public StageResult Run(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var specifications = FlatParameters.Of(_start.Config);
        var initial = FlatParameters.Pack(_start.Weights, specifications);
        var constants = new AdamWConstants(WeightDecay: 0);
        using var stage = new Stage(this, initial);
        using var session = new TrainingSession(
            Graph(specifications, constants), stage.Inputs, initial, constants, _options.Threads, Margin, Anchor);
        var tokens = 2 * _options.Pairs * _options.Length;
        var loop = new TrainingLoop<DpoOptions>(
            _options,
            DataFingerprint.Of(initial, _training.Concat(_heldOut).SelectMany(static pair => new[] { pair.Prompt, pair.Chosen, pair.Rejected })),
            _checkpointFolder, new LearningRateSchedule(_options.LearningRate, _options.WarmUpSteps, _options.Steps), _options.EvaluationInterval, tokens,
            measureAtStart: _heldOut.Count > 0);
        var outcome = loop.Run(session, stage, progress, cancellation);
        return new StageResult(
            _start.Config, FlatParameters.Unpack(outcome.Parameters, specifications), outcome.Curve, outcome.Elapsed,
            _options.Steps * (double)tokens / outcome.Elapsed.TotalSeconds);
    }

    private IMessage Graph(List<ParameterSpecification> specifications, AdamWConstants constants)
    {
        var graph = new TensorGraph();
        var (pairs, length) = (_options.Pairs, _options.Length);
        var rows = 2 * pairs * length;
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var ids = graph.IndexInput("ids", rows);
        var targets = graph.IndexInput("targets", rows);
        var weights = FlatParameters.Slice(graph, parameters, specifications);
        var logProbabilities = graph.LogProbability(LlamaTrainingGraph.Logits(graph, _start.Config, weights, ids, 2 * pairs, length), targets);

        // Time-major rows: a product with ones sums over positions, another takes the rejected from the chosen.
        var answers = graph.Reshape(graph.Multiply(logProbabilities, graph.Input("answers", rows)), length, 2 * pairs);
        var sums = graph.MatrixProduct(graph.Constant("ones", [.. Enumerable.Repeat(1f, length)], 1, length), answers);
        var differences = graph.MatrixProduct(graph.Constant("difference", [1, -1], 1, 2), graph.Reshape(sums, 2, pairs));
        var margins = graph.Scale(graph.Subtract(differences, graph.Input("reference", 1, pairs)), _options.Beta);
        var anchor = graph.Scale(graph.Sum(graph.Multiply(logProbabilities, graph.Input("anchor", rows))), -1);
        var loss = graph.Add(graph.Scale(graph.Sum(graph.LogSigmoid(margins)), -1f / pairs), graph.Scale(anchor, _options.AnchorWeight));
        graph.Output(Margin, graph.Scale(graph.Sum(margins), 1f / pairs));
        graph.Output(Anchor, anchor);
        AdamWGraph.Append(graph, parameters, weights, specifications, loss, constants);
        return graph.Onnx.Build();
    }

    private sealed class Stage : ITrainingStage, IDisposable
    {
        private readonly DpoTraining _training;
        private readonly DpoBatch _batch;
        private readonly TokenScores _scores;
        private readonly ShuffledOrder _order;
        private readonly float[] _reference;
        private readonly double[] _references;
        private readonly double[] _heldOutReferences;

        public Stage(DpoTraining training, float[] initial)
        {
            _training = training;
            var options = training._options;
            var rows = 2 * options.Pairs * options.Length;
            _batch = new DpoBatch(options.Pairs, options.Length, training._start.Tokens.PadTokenId);
            _scores = new TokenScores(training._start.Config, 2 * options.Pairs, options.Length, places: null, options.Threads);
            _order = new ShuffledOrder(training._training.Count, options.Pairs, options.Seed);
            _reference = new float[options.Pairs];
            _references = Differences(initial, training._training);
            _heldOutReferences = Differences(initial, training._heldOut);
            Inputs = new Dictionary<string, (Array, long[])>
            {
                ["ids"] = (_batch.Ids, [rows]),
                ["targets"] = (_batch.Targets, [rows]),
                ["answers"] = (_batch.Answers, [rows]),
                ["anchor"] = (_batch.Anchor, [rows]),
                ["reference"] = (_reference, [1, options.Pairs]),
            };
        }

        public IReadOnlyDictionary<string, (Array Buffer, long[] Shape)> Inputs { get; }

        public IReadOnlyDictionary<string, double> Prepare(int step, ReadOnlySpan<float> parameters)
        {
            var chosen = _order.Of(step);
            _batch.Fill([.. chosen.Select(at => _training._training[at])]);
            for (var at = 0; at < chosen.Length; at++)
            {
                _reference[at] = (float)_references[chosen[at]];
            }

            return new Dictionary<string, double>();
        }

        public IReadOnlyDictionary<string, double> Measure(int step, ReadOnlySpan<float> parameters)
        {
            if (_heldOutReferences.Length == 0)
            {
                return new Dictionary<string, double>();
            }

            var margins = Differences(parameters.ToArray(), _training._heldOut)
                .Zip(_heldOutReferences, (now, before) => _training._options.Beta * (now - before)).ToList();
            return new Dictionary<string, double>
            {
                [HeldOutMargin] = margins.Average(),
                // At the start nothing is decided.
                [HeldOutAccuracy] = margins.Average(static margin => margin > 0 ? 1 : margin < 0 ? 0 : 0.5),
            };
        }

        public void Dispose() => _scores.Dispose();

        // log p of the chosen answer less that of the rejected one, for each pair.
        private double[] Differences(float[] weights, IReadOnlyList<TokenizedPair> pairs)
        {
            var differences = new List<double>(pairs.Count);
            foreach (var chunk in pairs.Chunk(_training._options.Pairs))
            {
                _batch.Fill(chunk);
                var sums = _batch.Sums(_scores.Measure(weights, _batch.Ids, _batch.Targets));
                differences.AddRange(chunk.Index().Select(pair => sums[pair.Index] - sums[_training._options.Pairs + pair.Index]));
            }

            return [.. differences];
        }
    }
}
