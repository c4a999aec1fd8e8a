using System.Diagnostics;
using GenAiLab.Training.Base;

namespace GenAiLab.Training.Optimization;

/// <summary>What a stage does within the loop that all stages share.</summary>
internal interface ITrainingStage
{
    /// <summary>Writes the batch of a step, counted from 0. May look at the weights, which are those before the step.</summary>
    /// <returns>Figures of the batch that the graph does not know, such as the reward; their means enter the curves.</returns>
    IReadOnlyDictionary<string, double> Prepare(int step, ReadOnlySpan<float> parameters);

    /// <summary>Measures the weights for a point of the curves.</summary>
    IReadOnlyDictionary<string, double> Measure(int step, ReadOnlySpan<float> parameters);
}

/// <summary>
/// Step after step with a checkpoint at every evaluation and on cancellation; a run that goes on from one ends
/// in the same bits as a run that was never interrupted, given that a batch depends on (seed, step, weights) only.
/// </summary>
/// <param name="options">The stage's options, which a checkpoint must equal.</param>
/// <param name="data">Fingerprint of data and initial weights, which a checkpoint must equal.</param>
/// <param name="checkpointFolder">Where the checkpoint lies.</param>
/// <param name="schedule">Steps and learning rate.</param>
/// <param name="evaluationInterval">Steps between points of the curves.</param>
/// <param name="tokensPerStep">For the speed that progress tells.</param>
/// <param name="measureAtStart">Whether the curves begin with a point at step 0.</param>
internal sealed class TrainingLoop<TOptions>(
    TOptions options, string data, string checkpointFolder, LearningRateSchedule schedule, int evaluationInterval, int tokensPerStep, bool measureAtStart)
    where TOptions : IEquatable<TOptions>
{
    private readonly List<CurvePoint> _curve = [];
    private readonly SortedDictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly Stopwatch _watch = new();
    private double _earlier;

    /// <summary>Trains to the end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint is on disk.</exception>
    /// <exception cref="InvalidOperationException">
    /// The loss is not a number any more, or the checkpoint cannot be written; the message names the step, the last
    /// checkpoint stays.
    /// </exception>
    public TrainingOutcome Run(TrainingSession session, ITrainingStage stage, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        Resume(session);
        var first = session.Step;
        _watch.Start();
        if (measureAtStart && _curve.Count == 0 && session.Step == 0)
        {
            _curve.Add(new CurvePoint(0, stage.Measure(0, session.Parameters)));
        }

        while (session.Step < schedule.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save(session);
                cancellation.ThrowIfCancellationRequested();
            }

            var rate = schedule.At(session.Step);
            var figures = stage.Prepare(session.Step, session.Parameters);
            var (loss, norm) = session.Run(rate);
            if (!float.IsFinite(loss) || !float.IsFinite(norm))
            {
                throw new InvalidOperationException(
                    $"the loss of step {session.Step} is not a number; the checkpoint before it is kept. Try a lower learning rate.");
            }

            Count(TrainingFigures.Loss, loss);
            foreach (var (name, value) in figures.Concat(session.Figures))
            {
                Count(name, value);
            }

            if (session.Step % evaluationInterval == 0 || session.Step == schedule.Steps)
            {
                AddPoint(session, stage);
                Save(session);
            }

            var speed = (session.Step - first) * (double)tokensPerStep / _watch.Elapsed.TotalSeconds;
            progress?.Report(new TrainingProgress(
                session.Step, schedule.Steps, loss, HeldOut(), rate, speed,
                TimeSpan.FromSeconds((schedule.Steps - session.Step) * (double)tokensPerStep / speed))
            { Figures = figures });
        }

        return new TrainingOutcome(session.Parameters.ToArray(), _curve, TimeSpan.FromSeconds(_earlier + _watch.Elapsed.TotalSeconds));
    }

    private void Resume(TrainingSession session)
    {
        if (TrainingCheckpoint<TOptions>.Load(checkpointFolder, options, data, session.Parameters.Length) is not { } checkpoint)
        {
            return;
        }

        session.Restore(checkpoint.Step, checkpoint.State);
        _earlier = checkpoint.Seconds;
        _curve.AddRange(checkpoint.Curve);
        foreach (var (name, sum) in checkpoint.Sums)
        {
            _sums[name] = sum;
        }
    }

    private void AddPoint(TrainingSession session, ITrainingStage stage)
    {
        var since = session.Step - (_curve.Count > 0 ? _curve[^1].Step : 0);
        var values = new Dictionary<string, double>(stage.Measure(session.Step, session.Parameters));
        foreach (var (name, sum) in _sums)
        {
            values[name] = sum / since;
        }

        _curve.Add(new CurvePoint(session.Step, values));
        _sums.Clear();
    }

    private void Save(TrainingSession session)
    {
        try
        {
            new TrainingCheckpoint<TOptions>(options, data, session.Step, _earlier + _watch.Elapsed.TotalSeconds, _sums, _curve)
            {
                State = session.Snapshot(),
            }.Save(checkpointFolder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException) // The last: over a limit of file size.
        {
            throw new InvalidOperationException(
                $"the checkpoint of step {session.Step} cannot be written to {checkpointFolder}: is the disk full? Is it read-only? The one before it, if there is one, is kept; the same command goes on from there", error);
        }
    }

    private void Count(string name, double value) => _sums[name] = _sums.GetValueOrDefault(name) + value;

    private float? HeldOut() => _curve.Count > 0 && _curve[^1].Values.TryGetValue(TrainingFigures.HeldOutLoss, out var value) ? (float)value : null;
}

/// <summary>Names of figures that several stages have.</summary>
public static class TrainingFigures
{
    /// <summary>Mean of the objective over the steps since the point before.</summary>
    public const string Loss = "loss";

    /// <summary>The objective, or its first part, on what training never sees.</summary>
    public const string HeldOutLoss = "held_out_loss";
}
