using System.Runtime.CompilerServices;
using GenAiLab.Orchestrator.Text;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Loop;

/// <summary>When a generation ends. All counts in tokens.</summary>
internal sealed record LoopRules(
    int PromptTokens, int MaxTokens, int ContextLength, IReadOnlyCollection<int> EndOfSequenceIds, IReadOnlyList<string> StopSequences)
{
    /// <summary>Before so many tokens no stop sequence is looked for.</summary>
    public int MinTokens { get; init; }
}

/// <summary>
/// The loop's rules, the same for every loop mode: what a token adds to the text, and which reason
/// ends the generation. When several hold at once, the first of these counts: end of sequence, stop
/// sequence, max tokens, context full, the decoder's own reason. Knows nothing of where tokens come
/// from; asks for the next one only when there must be one.
/// </summary>
internal static class GenerationLoop
{
    public static async IAsyncEnumerable<LoopEvent> RunAsync(
        IAsyncEnumerable<LoopStep> steps, LoopRules rules, PieceTable pieces, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var text = new GeneratedText(rules.StopSequences);
        var (generated, replayed) = (0, 0);
        var (cached, resumes, sum) = (0, 0, 0.0);
        var (drafted, accepted) = (0, 0);
        bool? satisfied = null;
        var reason = FinishReason.Unspecified;
        var previous = time.GetTimestamp();
        await using var turns = steps.GetAsyncEnumerator(cancellation);
        while (reason == FinishReason.Unspecified)
        {
            if (!await turns.MoveNextAsync())
            {
                // The decoder ended its stream and said nothing.
                reason = FinishReason.Error;
                break;
            }

            var step = turns.Current;
            if (step.Resumes > resumes)
            {
                resumes = step.Resumes;
                yield return new LoopResumed(generated, (long)time.GetElapsedTime(previous).TotalNanoseconds, resumes);
            }

            if (step.Token is not { } token)
            {
                satisfied = step.ConstraintSatisfied ?? satisfied;
                reason = step.Finish == FinishReason.Unspecified ? FinishReason.Error : step.Finish;
                break;
            }

            var endsSequence = rules.EndOfSequenceIds.Contains(token.Id) || step.Finish == FinishReason.EndOfSequence;
            var shown = endsSequence || pieces.IsSpecial(token.Id)
                ? "" : text.Append(pieces[token.Id].Span, mayStop: generated + 1 >= rules.MinTokens);
            cached = generated == replayed ? step.CachedPromptTokens : cached;
            sum += token.RawLogProbability;
            (drafted, accepted) = (drafted + step.Drafted, accepted + step.Accepted);
            satisfied = step.ConstraintSatisfied;
            generated++;
            reason = endsSequence ? FinishReason.EndOfSequence
                : text.StopSequence is not null ? FinishReason.StopSequence
                : generated >= rules.MaxTokens ? FinishReason.MaxTokens
                : rules.PromptTokens + generated >= rules.ContextLength ? FinishReason.ContextFull
                : step.Finish;
            if (step.IsReplayed)
            {
                replayed++;
                continue;
            }

            var now = time.GetTimestamp();
            var total = (long)time.GetElapsedTime(previous, now).TotalNanoseconds;
            previous = now;
            yield return new TokenGenerated(generated - 1, token, shown, step.Timing, total) { Drafted = step.Drafted, Accepted = step.Accepted };
        }

        yield return new LoopFinished(reason, text.StopSequence, text.Complete(), generated)
        {
            SumRawLogProbability = sum,
            CachedPromptTokens = cached,
            DraftedTokens = drafted,
            AcceptedTokens = accepted,
            Resumes = resumes,
            ConstraintSatisfied = satisfied is null ? null : satisfied.Value && reason != FinishReason.StopSequence,
        };
    }
}
