using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Sft;

/// <summary>
/// Stage 2, supervised fine-tuning: cross-entropy on the assistant's tokens of conversations (Ouyang et al. 2022,
/// arXiv:2203.02155, §3.5), with a share of raw text in every batch so that facts are not lost.
/// Checkpoints at every evaluation and on cancellation.
/// </summary>
public sealed class SftTraining
{
    private readonly SftOptions _options;
    private readonly LlamaWeights _start;
    private readonly SftData _data;
    private readonly string _checkpointFolder;
    private readonly ConversationRows _conversations;
    private readonly TokenBatches? _replay;

    /// <param name="options">Options of the run.</param>
    /// <param name="start">The model of the stage before.</param>
    /// <param name="data">Conversations and raw text in that model's token ids.</param>
    /// <param name="checkpointFolder">Where the run keeps its state.</param>
    /// <exception cref="ArgumentException">There is no conversation, one is longer than a row, or the raw text is too short.</exception>
    public SftTraining(SftOptions options, LlamaWeights start, SftData data, string checkpointFolder)
    {
        (_options, _start, _data, _checkpointFolder) = (options, start, data, checkpointFolder);
        if (options.Length > start.Config.ContextLength)
        {
            throw new ArgumentException($"rows of {options.Length} tokens do not fit into a context window of {start.Config.ContextLength}", nameof(options));
        }

        _conversations = new ConversationRows(data.Training, options.ChatRows, options.Length, data.Separator, options.Seed);
        if (options.ReplayRows > 0)
        {
            var tokens = (int)Math.Min(8_000_000, (long)options.Steps * options.ReplayRows * options.Length);
            _replay = new TokenBatches(data.Replay, data.Separator, tokens + 1, options.ReplayRows, options.Length, options.Seed);
        }
    }

    /// <summary>Trains to the end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint is on disk.</exception>
    /// <exception cref="InvalidOperationException">The loss is not a number any more, or the checkpoint is of another run.</exception>
    public StageResult Run(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var config = _start.Config;
        var specifications = FlatParameters.Of(config);
        var initial = FlatParameters.Pack(_start.Weights, specifications);
        var constants = new AdamWConstants();
        var stage = new Stage(this, HeldOut());
        using var heldOut = stage.HeldOut;
        using var session = new TrainingSession(
            SftGraph.Training(config, _options, constants), stage.Inputs, initial, constants, _options.Threads,
            _replay is null ? [SftGraph.AnswerLoss] : [SftGraph.AnswerLoss, SftGraph.ReplayLoss]);
        var tokens = (_options.ChatRows + _options.ReplayRows) * _options.Length;
        var loop = new TrainingLoop<SftOptions>(
            _options, DataFingerprint.Of(initial, _data.Training), _checkpointFolder,
            new LearningRateSchedule(_options.LearningRate, _options.WarmUpSteps, _options.Steps), _options.EvaluationInterval, tokens,
            measureAtStart: heldOut is not null);
        var outcome = loop.Run(session, stage, progress, cancellation);
        return new StageResult(
            config, FlatParameters.Unpack(outcome.Parameters, specifications), outcome.Curve, outcome.Elapsed,
            _options.Steps * (double)tokens / outcome.Elapsed.TotalSeconds);
    }

    private AnswerLoss? HeldOut() => _data.HeldOut.Count == 0
        ? null
        : new AnswerLoss(_start.Config, _data.HeldOut, _options.ChatRows, _options.Length, _data.Separator, _options.Threads);

    private sealed class Stage : ITrainingStage
    {
        private readonly SftTraining _training;
        private readonly long[] _ids;
        private readonly long[] _targets;
        private readonly float[] _answerWeights;
        private readonly float[] _replayWeights;
        private readonly long[] _replayIds;
        private readonly long[] _replayTargets;

        public Stage(SftTraining training, AnswerLoss? heldOut)
        {
            (_training, HeldOut) = (training, heldOut);
            var options = training._options;
            var rows = (options.ChatRows + options.ReplayRows) * options.Length;
            (_ids, _targets, _answerWeights, _replayWeights) = (new long[rows], new long[rows], new float[rows], new float[rows]);
            (_replayIds, _replayTargets) = (new long[options.ReplayRows * options.Length], new long[options.ReplayRows * options.Length]);
            Inputs = new Dictionary<string, (Array, long[])>
            {
                ["ids"] = (_ids, [rows]),
                ["targets"] = (_targets, [rows]),
                ["answer_weights"] = (_answerWeights, [rows]),
            };
            if (options.ReplayRows > 0)
            {
                Inputs["replay_weights"] = (_replayWeights, [rows]);
            }
        }

        public Dictionary<string, (Array Buffer, long[] Shape)> Inputs { get; }

        public AnswerLoss? HeldOut { get; }

        public IReadOnlyDictionary<string, double> Prepare(int step, ReadOnlySpan<float> parameters)
        {
            var options = _training._options;
            var stride = options.ChatRows + options.ReplayRows;
            _training._conversations.Fill(step, wrap: true, _ids, _targets, _answerWeights, stride);
            var share = 1 / _answerWeights.Sum();
            for (var at = 0; at < _answerWeights.Length; at++)
            {
                _answerWeights[at] *= share;
            }

            if (_training._replay is { } replay)
            {
                replay.Fill(step, _replayIds, _replayTargets);
                for (var position = 0; position < options.Length; position++)
                {
                    for (var row = 0; row < options.ReplayRows; row++)
                    {
                        var (from, to) = ((position * options.ReplayRows) + row, (position * stride) + options.ChatRows + row);
                        (_ids[to], _targets[to], _replayWeights[to]) = (_replayIds[from], _replayTargets[from], 1f / _replayIds.Length);
                    }
                }
            }

            return new Dictionary<string, double>();
        }

        public IReadOnlyDictionary<string, double> Measure(int step, ReadOnlySpan<float> parameters) =>
            HeldOut is null
                ? new Dictionary<string, double>()
                : new Dictionary<string, double> { [TrainingFigures.HeldOutLoss] = HeldOut.Measure(parameters) };
    }
}
