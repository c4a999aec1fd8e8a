using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Speculation;

/// <summary>
/// Speculative decoding (Leviathan et al. 2023; Chen et al. 2023) in step mode: the last token goes to the decoder
/// together with guesses of those that follow, and one run of the model answers with the distribution after each.
/// <para>
/// Instead of the papers' acceptance rule, which keeps the distribution, each token is chosen as plain decoding chooses
/// it, from the model's distribution at its position with the random number of that position; a guess is kept while it
/// is that very token. So not only the distribution is that of plain decoding but, with the same seed, the text: up to
/// logits whose last bits differ between a run of one token and a run of several.
/// </para>
/// </summary>
internal sealed class SpeculativeTokenSource(IDecoders decoders, TimeProvider time, ILogger logger) : IDecoderStream
{
    /// <summary>Tokens that a decoder takes at once: the one chosen and its guesses.</summary>
    public const int MaximumAppend = 64;

    // Of the distributions in one answer.
    private const int MaximumAnswerBytes = 8 * 1024 * 1024;

    public async IAsyncEnumerable<LoopStep> GenerateAsync(
        V1.Decoder.DecoderClient decoder, GenerationPlan plan, IReadOnlyList<int> generated, CallLimits options)
    {
        var sampler = new DistributionSampler(plan, generated);
        var budget = new GuessBudget(Math.Min(plan.Speculation!.Tokens, MostGuesses(sampler, plan.Model.VocabularySize)));
        using var guesser = GuesserFor(plan, options);
        List<int> tokens = [.. plan.PromptIdList(), .. generated];
        IReadOnlyList<int> guesses = [];
        await using var stream = new StepStream(decoder, options);
        var response = await stream.OpenAsync(Open(plan, tokens, generated.Count, sampler));
        var held = tokens.Count;
        while (response is not null)
        {
            var kept = 0;
            foreach (var distribution in Distributions(response, guesses.Count))
            {
                var began = time.GetTimestamp();
                var token = distribution is null ? null : sampler.Choose(distribution);
                var finish = token is null && response.Finish == FinishReason.Unspecified ? FinishReason.Error : response.Finish;
                var isGuess = token is { } chosen && kept < guesses.Count && guesses[kept] == chosen.Id;
                var timing = Timing(kept == 0 ? response.Timing : null, (long)time.GetElapsedTime(began).TotalNanoseconds);
                yield return new LoopStep(token, timing, finish)
                {
                    CachedPromptTokens = response.CachedPromptTokens,
                    Drafted = kept == 0 ? guesses.Count : 0,
                    Accepted = isGuess ? 1 : 0,
                };
                if (token is null)
                {
                    yield break;
                }

                tokens.Add(token.Value.Id);
                sampler.Accept(token.Value);
                if (!isGuess)
                {
                    break;
                }

                kept++;
            }

            budget.Learn(guesses.Count, kept);
            guesses = await GuessAsync(guesser, plan, tokens, budget.Next(), options.CancellationToken);
            var append = new StepAppend { TokenIds = { tokens[^1], guesses }, EveryPosition = guesses.Count > 0 };
            if (held > tokens.Count - 1)
            {
                append.RewindTo = tokens.Count - 1;
            }

            held = tokens.Count + guesses.Count;
            response = await stream.AppendAsync(append);
        }
    }

    private IGuesser GuesserFor(GenerationPlan plan, CallLimits options) => plan.Speculation switch
    {
        NgramSpeculation ngram => new NgramGuesser(ngram.Longest, ngram.Shortest),
        DraftSpeculation draft => new DraftGuesser(decoders, plan, draft, options, time, logger),
        _ => throw new InvalidOperationException("The plan has no speculation."),
    };

    // With the guesses that are asked for there is room in the context window, and for no more tokens than are wanted.
    private static async ValueTask<IReadOnlyList<int>> GuessAsync(
        IGuesser guesser, GenerationPlan plan, List<int> tokens, int wanted, CancellationToken cancellation)
    {
        var left = plan.Rules.MaxTokens - (tokens.Count - plan.Prompt.Count);
        var count = Math.Min(wanted, Math.Min(left, plan.Rules.ContextLength - tokens.Count) - 1);
        if (count < 1)
        {
            return [];
        }

        var guesses = await guesser.GuessAsync(tokens, count, cancellation);
        return [.. guesses.Take(count).TakeWhile(id => (uint)id < (uint)plan.Model.VocabularySize)];
    }

    // One for each guess and one for the token after them; a single null where there is none.
    private static IEnumerable<NextTokenDistribution?> Distributions(StepResponse response, int guesses) =>
        response.Distribution is null || response.Earlier.Count != guesses ? [null] : [.. response.Earlier, response.Distribution];

    private static int MostGuesses(DistributionSampler sampler, int vocabularySize)
    {
        var bytes = sampler.Form == DistributionForm.Full ? sizeof(float) * (long)vocabularySize : 2 * sizeof(long) * (long)sampler.Top;
        return (int)Math.Clamp((MaximumAnswerBytes / bytes) - 1, 1, MaximumAppend - 1);
    }

    private static StepOpen Open(GenerationPlan plan, List<int> tokens, int generated, DistributionSampler sampler) => new()
    {
        Model = plan.Model.Name,
        Prompt = new TokenIds { Ids = { tokens } },
        Form = sampler.Form,
        Top = sampler.Top,
        ReplayedTokens = generated,
        Admission = new Admission { Tenant = plan.Tenant },
    };

    private static ModelTiming Timing(DecoderTiming? timing, long sampled) => timing is null
        ? new ModelTiming(0, 0, 0, sampled)
        : new ModelTiming(timing.QueueNanoseconds, timing.PrefillNanoseconds, timing.DecodeNanoseconds, sampled);
}
