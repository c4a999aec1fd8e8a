using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Candidates;

/// <summary>Waits for all candidates to end, and passes on the best of them, best first.</summary>
internal static class BestOf
{
    /// <param name="events">Of all candidates, as they come.</param>
    /// <param name="plan">Says how many are wanted.</param>
    /// <param name="ranking">Says which.</param>
    /// <param name="options">Deadline and cancellation.</param>
    public static async IAsyncEnumerable<CandidateEvent> SelectAsync(
        IAsyncEnumerable<CandidateEvent> events, GenerationPlan plan, ICandidateRanking ranking, CallLimits options)
    {
        var all = Enumerable.Range(0, plan.Candidates).Select(static _ => new List<LoopEvent>()).ToArray();
        await foreach (var (candidate, loopEvent) in events)
        {
            all[candidate].Add(loopEvent);
        }

        EndedCandidate[] ended = [.. all.Select(static list => new EndedCandidate(list))];
        var scores = Array.Exists(ended, static candidate => !candidate.IsRefused) ? await ranking.ScoreAsync(plan, ended, options) : new float[ended.Length];
        // A stable sort: among equals the lower candidate comes first, so that the choice is that of any other run.
        // What a guard has refused comes last, whatever it was worth.
        var best = Enumerable.Range(0, ended.Length)
            .OrderBy(candidate => ended[candidate].IsRefused)
            .ThenByDescending(candidate => scores[candidate])
            .Take(plan.BestOf!.Value);
        foreach (var (place, candidate) in best.Index())
        {
            foreach (var loopEvent in ended[candidate].Events)
            {
                yield return new CandidateEvent(place, loopEvent is LoopFinished { GuardLabel: null } finished ? finished with { Score = scores[candidate] } : loopEvent);
            }
        }
    }
}
