using System.Threading.Channels;
using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Guards;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Search;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Candidates;

/// <summary>
/// Runs a loop for each candidate and joins their events as they come. The prompt is run once; after that each
/// candidate is by itself: it ends, and moves to another decoder, when it has to.
/// </summary>
internal sealed class CandidateRunner(
    IDecoders decoders, TokenSources sources, BeamSearcher beams, ClassifierGuard guard, ClassifierCalls classifier, TimeProvider time, ILogger<CandidateRunner> logger)
{
    // The client's reading is what paces them: none runs far ahead.
    private const int EventsPerCandidate = 2;

    public IAsyncEnumerable<CandidateEvent> RunAsync(GenerationPlan plan, CallLimits options) =>
        guard.CheckPromptAsync(plan, () => RunPassedAsync(plan, options), options);

    private IAsyncEnumerable<CandidateEvent> RunPassedAsync(GenerationPlan plan, CallLimits options) =>
        plan.Beam is not null ? RunSearchAsync(plan, options)
        : plan.Candidates == 1 ? RunOneAsync(plan, options)
        : plan.Mode == LoopMode.Step ? RunForkedAsync(plan, options)
        : RunTogetherAsync(plan, options);

    private async IAsyncEnumerable<CandidateEvent> RunOneAsync(GenerationPlan plan, CallLimits options)
    {
        await foreach (var loopEvent in Loop(sources.For(plan).GenerateAsync(plan, options), plan, options))
        {
            yield return new CandidateEvent(0, loopEvent);
        }
    }

    // Nothing is known before the search has ended; then the best are played as if they had been generated one after the other.
    private async IAsyncEnumerable<CandidateEvent> RunSearchAsync(GenerationPlan plan, CallLimits options)
    {
        var found = await beams.SearchAsync(plan, options);
        foreach (var (place, finished) in found.Best.Index())
        {
            await foreach (var loopEvent in Loop(found.PlayAsync(finished), plan, options))
            {
                yield return new CandidateEvent(
                    place, loopEvent is LoopFinished last ? last with { Score = (float)finished.Rating, Resumes = found.Resumes } : loopEvent);
            }
        }
    }

    private async IAsyncEnumerable<CandidateEvent> RunTogetherAsync(GenerationPlan plan, CallLimits options)
    {
        var moves = new ReplicaMoves(decoders, decoders.Describe(plan.Model.Name, plan.PromptIdList()), time, logger);
        await using var group = await PushdownGroup.OpenAsync(plan, moves, options);
        var joined = JoinAsync(plan.Candidates, options, (candidate, cancelled) =>
        {
            var own = plan.ForCandidate(candidate);
            return Loop(sources.For(own).GenerateAsync(own, group.Seat(candidate), share: null, cancelled), own, cancelled);
        });
        await foreach (var candidateEvent in joined)
        {
            yield return candidateEvent;
        }
    }

    private IAsyncEnumerable<CandidateEvent> RunForkedAsync(GenerationPlan plan, CallLimits options)
    {
        var group = new StepGroup(plan, classifier, time);
        return JoinAsync(plan.Candidates, options, (candidate, cancelled) => candidate == 0 ? RootAsync(cancelled) : ForkAsync(candidate, cancelled));

        async IAsyncEnumerable<LoopEvent> RootAsync(CallLimits cancelled)
        {
            try
            {
                var own = plan.ForCandidate(0);
                var steps = sources.Resuming(group.Root()).GenerateAsync(own, seat: null, group.Share, cancelled);
                await foreach (var loopEvent in Loop(steps, own, cancelled))
                {
                    yield return loopEvent;
                }
            }
            finally
            {
                group.Ended();
            }
        }

        async IAsyncEnumerable<LoopEvent> ForkAsync(int candidate, CallLimits cancelled)
        {
            var own = plan.ForCandidate(candidate);
            var seat = await group.SeatAsync(own, cancelled);
            await foreach (var loopEvent in Loop(sources.For(own).GenerateAsync(own, seat, share: null, cancelled), own, cancelled))
            {
                yield return loopEvent;
            }
        }
    }

    private IAsyncEnumerable<LoopEvent> Loop(IAsyncEnumerable<LoopStep> steps, GenerationPlan plan, CallLimits options) =>
        guard.CheckOutput(GenerationLoop.RunAsync(steps, plan.Rules, plan.Pieces, time, options.CancellationToken), plan, options);

    private static async IAsyncEnumerable<CandidateEvent> JoinAsync(
        int candidates, CallLimits options, Func<int, CallLimits, IAsyncEnumerable<LoopEvent>> run)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        var events = Channel.CreateBounded<CandidateEvent>(EventsPerCandidate * candidates);
        var all = Task.WhenAll(Enumerable.Range(0, candidates).Select(RunAsync));
        var closing = CloseAsync();
        try
        {
            while (await events.Reader.WaitToReadAsync(options.CancellationToken))
            {
                while (events.Reader.TryRead(out var candidateEvent))
                {
                    yield return candidateEvent;
                }
            }
        }
        finally
        {
            await cancellation.CancelAsync();
            await closing;
        }

        async Task RunAsync(int candidate)
        {
            await Task.Yield();
            try
            {
                await foreach (var loopEvent in run(candidate, options.WithCancellationToken(cancellation.Token)))
                {
                    await events.Writer.WriteAsync(new CandidateEvent(candidate, loopEvent), cancellation.Token);
                }
            }
            catch (Exception error)
            {
                // The first one's error is the call's; those that it ends have nothing of their own to say.
                events.Writer.TryComplete(error);
                await cancellation.CancelAsync();
            }
        }

        async Task CloseAsync()
        {
            await all;
            events.Writer.TryComplete();
        }
    }
}
