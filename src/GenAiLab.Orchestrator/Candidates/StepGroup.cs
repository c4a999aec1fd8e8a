using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Candidates;

/// <summary>
/// Several candidates in step mode: the first runs the prompt, the others fork its stream and take slots that were
/// reserved with it. One that finds the first ended begins by itself.
/// </summary>
internal sealed class StepGroup(GenerationPlan plan, ClassifierCalls classifier, TimeProvider time)
{
    private readonly TaskCompletionSource<(SharedLease Lease, string Session)> _root = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SharedLease? _lease;

    /// <summary>The first candidate's stream, wherever it is opened.</summary>
    public StepTokenSource Root() => new(classifier, time)
    {
        ReservedForks = plan.Candidates - 1,
        Opened = session => _root.TrySetResult((_lease!, session)),
    };

    /// <summary>The first candidate takes a place: the others may follow it there.</summary>
    public DecoderLease Share(DecoderLease lease)
    {
        _lease = new SharedLease(lease);
        return _lease.Retain();
    }

    /// <summary>The first candidate has ended, by this error if any: who still waits for it begins by itself.</summary>
    public void Ended() => _root.TrySetResult((null!, ""));

    /// <summary>Where another candidate begins, once the prompt was run; null: where there is room.</summary>
    public async Task<Seat?> SeatAsync(GenerationPlan candidate, CallLimits options)
    {
        var (shared, session) = await _root.Task.WaitAsync(options.CancellationToken);
        if (shared is null)
        {
            return null;
        }

        var lease = shared.Retain();
        var fork = new StepTokenSource(classifier, time) { Fork = new ForkPoint { SessionId = session, Length = candidate.Prompt.Count } };
        return new Seat(lease, cancellation => fork.GenerateAsync(lease.Client, candidate, [], options.WithCancellationToken(cancellation)));
    }
}
