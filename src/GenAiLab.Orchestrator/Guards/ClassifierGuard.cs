using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Guards;

/// <summary>The classifier's say on what goes in and what comes out: nothing passes that it has not seen.</summary>
internal sealed class ClassifierGuard(ClassifierCalls calls)
{
    private const string UserRole = "user";

    /// <summary>The candidates' events, unless the prompt is refused.</summary>
    /// <param name="plan">The generation.</param>
    /// <param name="run">Begins it.</param>
    /// <param name="options">Deadline and cancellation.</param>
    public async IAsyncEnumerable<CandidateEvent> CheckPromptAsync(
        GenerationPlan plan, Func<IAsyncEnumerable<CandidateEvent>> run, CallLimits options)
    {
        if (plan.Classifiers.Guard is { Prompt: true } guard && await RefusedLabelAsync(guard, PromptOf(plan), options) is { } label)
        {
            for (var candidate = 0; candidate < plan.Candidates; candidate++)
            {
                yield return new CandidateEvent(candidate, Refused(label, 0) with { GuardRefusedPrompt = true });
            }

            yield break;
        }

        await foreach (var candidateEvent in run())
        {
            yield return candidateEvent;
        }
    }

    /// <summary>One candidate's events, each when its text has passed; ends with GUARD when it does not.</summary>
    public IAsyncEnumerable<LoopEvent> CheckOutput(IAsyncEnumerable<LoopEvent> events, GenerationPlan plan, CallLimits options) =>
        plan.Classifiers.Guard is { Output: true } guard ? CheckOutputAsync(events, plan, guard, options) : events;

    private async IAsyncEnumerable<LoopEvent> CheckOutputAsync(
        IAsyncEnumerable<LoopEvent> events, GenerationPlan plan, GuardPlan guard, CallLimits options)
    {
        var text = new GuardedText(guard.Interval);
        var (generated, sum) = (0, 0.0);
        await foreach (var loopEvent in events)
        {
            var piece = ReadOnlyMemory<byte>.Empty;
            if (loopEvent is TokenGenerated { Token: var token })
            {
                (generated, sum) = (generated + 1, sum + token.RawLogProbability);
                var isText = !plan.Pieces.IsSpecial(token.Id) && !plan.Rules.EndOfSequenceIds.Contains(token.Id);
                piece = isText ? plan.Pieces[token.Id].Memory : piece;
            }

            text.Add(loopEvent, piece.Span);
            if (!text.IsDue)
            {
                continue;
            }

            if (await RefusedLabelAsync(guard, text.Text, options) is { } label)
            {
                // Leaving the enumeration ends the decoder's stream.
                yield return Refused(label, generated) with { SumRawLogProbability = sum };
                yield break;
            }

            foreach (var passed in text.Release())
            {
                yield return passed;
            }
        }
    }

    /// <returns>The most probable of the labels that refuse the text; null: it passes.</returns>
    private async Task<string?> RefusedLabelAsync(GuardPlan guard, string text, CallLimits options)
    {
        if (text.Length == 0)
        {
            return null; // No classifier takes it, and nothing is said by it.
        }

        var response = await calls.ClassifyAsync(new ClassifyRequest { Model = guard.Classifier, Text = text }, "guard", options);
        var refused = response.Labels.Where(label => guard.Labels.Contains(label.Label)).ToList();
        var probability = guard.Exclusive
            ? refused.Sum(static label => label.Probability)
            : refused.Select(static label => label.Probability).DefaultIfEmpty().Max();
        return probability >= guard.Threshold
            ? refused.MaxBy(static label => label.Probability)!.Label
            : null;
    }

    private static LoopFinished Refused(string label, int generated) =>
        new(FinishReason.Guard, StopSequence: null, Text: "", generated) { GuardLabel = label };

    // A conversation that no user has spoken in is judged by its last turn.
    private static string PromptOf(GenerationPlan plan) => plan.Conversation.Count == 0
        ? plan.PromptText()
        : (plan.Conversation.LastOrDefault(static message => message.Role == UserRole) ?? plan.Conversation[^1]).Content;
}
