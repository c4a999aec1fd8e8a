using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Optimization;
using Google.Protobuf;

namespace GenAiLab.Training.Rlhf;

/// <summary>
/// Stage 3, policy optimisation against a reward: GRPO (Shao et al. 2024, arXiv:2402.03300), simplified for one update per
/// batch. Answers are drawn from the current weights, so no ratio of old and new probabilities is needed, and none is
/// clipped; the advantage of an answer is its reward less the mean of its group, and no value network has to be trained,
/// which at this size is the reason to prefer it to PPO. The leash is the divergence from the initial weights, estimated
/// token by token as e^d − d − 1 with d = log p₀ − log p (Schulman 2020, "Approximating KL divergence").
/// </summary>
public sealed class RlhfTraining(RlhfOptions options, LlamaWeights start, RlhfData data, string checkpointFolder)
{
    private readonly RlhfOptions _options = options;
    private readonly LlamaWeights _start = start;
    private readonly RlhfData _data = data;

    /// <summary>Names of the curves.</summary>
    public const string Reward = "reward", Kl = "kl_nats_per_answer", Entropy = "entropy_nats_per_token", Length = "answer_tokens", Unended = "unended", WinRate = "win_rate";

    private int Rows => _options.Prompts * _options.Group;

    // Tokens of answers, full or not.
    private int Places => Rows * _options.AnswerLength;

    private int Width => _options.PromptLength + _options.AnswerLength;

    /// <summary>Trains to the end.</summary>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <param name="visit">Shown the weights at each evaluation; null: nobody wants to see.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint is on disk.</exception>
    /// <exception cref="InvalidOperationException">The loss is not a number any more, or the checkpoint is of another run.</exception>
    public StageResult Run(IProgress<TrainingProgress>? progress, CancellationToken cancellation, Action<int, float[]>? visit = null)
    {
        var specifications = FlatParameters.Of(_start.Config);
        var initial = FlatParameters.Pack(_start.Weights, specifications);
        var constants = new AdamWConstants(WeightDecay: 0);
        using var stage = new Stage(this, initial, visit);
        using var session = new TrainingSession(Graph(specifications, constants), stage.Inputs, initial, constants, _options.Threads);
        var loop = new TrainingLoop<RlhfOptions>(
            _options, DataFingerprint.Of(initial, _data.Prompts.Concat(_data.HeldOut)), checkpointFolder,
            new LearningRateSchedule(_options.LearningRate, _options.WarmUpSteps, _options.Steps), _options.EvaluationInterval, Rows * Width, measureAtStart: true);
        var outcome = loop.Run(session, stage, progress, cancellation);
        return new StageResult(
            _start.Config, FlatParameters.Unpack(outcome.Parameters, specifications), outcome.Curve, outcome.Elapsed,
            _options.Steps * (double)Rows * Width / outcome.Elapsed.TotalSeconds);
    }

    private IMessage Graph(List<ParameterSpecification> specifications, AdamWConstants constants)
    {
        var graph = new TensorGraph();
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var ids = graph.IndexInput("ids", Rows * Width);
        var places = graph.IndexInput("places", Places);
        var targets = graph.IndexInput("targets", Places);
        var advantages = graph.Input("advantages", Places);
        var weights = FlatParameters.Slice(graph, parameters, specifications);

        // Only where an answer's token is to come does the head have anything to say: a third of the rows.
        var hidden = graph.SelectRows(LlamaTrainingGraph.Hidden(graph, _start.Config, weights, ids, Rows, Width), places);
        var logProbability = graph.LogProbability(LlamaTrainingGraph.Head(graph, weights, hidden), targets);
        var loss = graph.Scale(graph.Sum(graph.Multiply(logProbability, advantages)), -1);
        if (_options.KlWeight > 0)
        {
            // The −1 of the estimator has no gradient.
            var difference = graph.Subtract(graph.Input("reference", Places), logProbability);
            var divergence = graph.Multiply(graph.Subtract(graph.Exp(difference), difference), graph.Input("mask", Places));
            loss = graph.Add(loss, graph.Scale(graph.Sum(divergence), _options.KlWeight));
        }

        AdamWGraph.Append(graph, parameters, weights, specifications, loss, constants);
        return graph.Onnx.Build();
    }

    private sealed class Stage : ITrainingStage, IDisposable
    {
        private readonly RlhfTraining _training;
        private readonly RlhfOptions _options;
        private readonly RlhfData _data;
        private readonly float[] _initial;
        private readonly Action<int, float[]>? _visit;
        private readonly Rollouts _rollouts;
        private readonly TokenScores _scores;
        private readonly ShuffledOrder _order;
        private readonly long[] _ids;
        private readonly long[] _places;
        private readonly long[] _targets;
        private readonly float[] _advantages;
        private readonly float[] _reference;
        private readonly float[] _mask;
        private IReadOnlyList<Rollout>? _before;

        public Stage(RlhfTraining training, float[] initial, Action<int, float[]>? visit)
        {
            (_training, _options, _data, _initial, _visit) = (training, training._options, training._data, initial, visit);
            var (rows, places, config) = (training.Rows * training.Width, training.Places, training._start.Config);
            (_ids, _places, _targets) = (new long[rows], new long[places], new long[places]);
            (_advantages, _reference, _mask) = (new float[places], new float[places], new float[places]);
            _rollouts = new Rollouts(config, training.Rows, training.Width, training._start.Tokens.EosTokenIds[0], _options.Threads);
            _scores = new TokenScores(config, training.Rows, training.Width, places, _options.Threads);
            _order = new ShuffledOrder(_data.Prompts.Count, _options.Prompts, _options.Seed);
            Inputs = new Dictionary<string, (Array, long[])>
            {
                ["ids"] = (_ids, [rows]),
                ["places"] = (_places, [places]),
                ["targets"] = (_targets, [places]),
                ["advantages"] = (_advantages, [places]),
                ["reference"] = (_reference, [places]),
                ["mask"] = (_mask, [places]),
            };
            if (_options.KlWeight <= 0)
            {
                Inputs.Remove("reference");
                Inputs.Remove("mask");
            }
        }

        public Dictionary<string, (Array Buffer, long[] Shape)> Inputs { get; }

        public IReadOnlyDictionary<string, double> Prepare(int step, ReadOnlySpan<float> parameters)
        {
            int[] prompts = [.. _order.Of(step).SelectMany(prompt => Enumerable.Repeat(prompt, _options.Group))];
            var answers = _rollouts.Generate(
                parameters.ToArray(), [.. prompts.Select(prompt => _data.Prompts[prompt])], _options.AnswerLength, 1,
                row => Seed(step, row));
            var rewards = _data.Reward([.. prompts.Zip(answers)]);
            for (var row = 0; row < rewards.Length; row++)
            {
                rewards[row] -= answers[row].Ended ? 0 : _options.UnendedPenalty;
            }

            Fill(prompts, answers, rewards);
            return Figures(answers, rewards);
        }

        public IReadOnlyDictionary<string, double> Measure(int step, ReadOnlySpan<float> parameters)
        {
            var weights = parameters.ToArray();
            _visit?.Invoke(step, weights);
            if (_data.HeldOut.Count == 0)
            {
                return new Dictionary<string, double>();
            }

            _before ??= _rollouts.Generate(_initial, _data.HeldOut, _options.AnswerLength, 1, row => Seed(-1, row));
            var now = _rollouts.Generate(weights, _data.HeldOut, _options.AnswerLength, 1, row => Seed(-2, row));
            return new Dictionary<string, double>
            {
                [WinRate] = Enumerable.Range(0, now.Count).Average(at => _data.Judge(at, now[at], _before[at])),
            };
        }

        public void Dispose()
        {
            _rollouts.Dispose();
            _scores.Dispose();
        }

        private ulong Seed(int step, int row) => unchecked(((ulong)(uint)_options.Seed << 40) ^ ((ulong)(uint)step << 16) ^ (uint)row);

        private void Fill(int[] prompts, IReadOnlyList<Rollout> answers, float[] rewards)
        {
            var (rows, pad) = (_training.Rows, _training._start.Tokens.PadTokenId);
            Array.Fill(_ids, pad);
            Array.Fill(_targets, pad);
            Array.Clear(_places);
            Array.Clear(_advantages);
            Array.Clear(_mask);
            float tokens = answers.Sum(static answer => answer.Tokens.Length);
            for (var row = 0; row < rows; row++)
            {
                var group = rewards.AsSpan(row / _options.Group * _options.Group, _options.Group);
                var mean = 0f;
                foreach (var reward in group)
                {
                    mean += reward / group.Length;
                }

                var (prompt, answer) = (_data.Prompts[prompts[row]], answers[row].Tokens);
                int[] sequence = [.. prompt, .. answer];
                for (var position = 0; position < sequence.Length; position++)
                {
                    _ids[(position * rows) + row] = sequence[position];
                }

                for (var token = 0; token < answer.Length; token++)
                {
                    // Foretold where the token before it stands.
                    var at = (row * _options.AnswerLength) + token;
                    (_places[at], _targets[at]) = (((prompt.Length - 1 + token) * rows) + row, answer[token]);
                    (_advantages[at], _mask[at]) = ((rewards[row] - mean) / tokens, 1 / tokens);
                }
            }

            _scores.Measure(_initial, _ids, _targets, _places).CopyTo(_reference, 0);
        }

        private Dictionary<string, double> Figures(IReadOnlyList<Rollout> answers, float[] rewards)
        {
            // What the estimator of the loss sees, summed over each answer.
            double divergence = 0;
            for (var row = 0; row < answers.Count; row++)
            {
                for (var at = 0; at < answers[row].Tokens.Length; at++)
                {
                    double difference = _reference[(row * _options.AnswerLength) + at] - answers[row].LogProbabilities[at];
                    divergence += Math.Exp(difference) - difference - 1;
                }
            }

            return new Dictionary<string, double>
            {
                [Reward] = rewards.Average(),
                [Kl] = divergence / answers.Count,
                [Entropy] = answers.SelectMany(static answer => answer.Entropies).Average(),
                [Length] = answers.Average(static answer => answer.Tokens.Length),
                [Unended] = answers.Average(static answer => answer.Ended ? 0 : 1),
            };
        }
    }
}
