using System.Runtime.InteropServices;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Sampling;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Loop;

/// <summary>
/// Chooses tokens from the decoder's distributions in step mode, one position after the other, and says which form
/// of them it needs: the head only where it gives the very token that all logits would. Owned by one stream.
/// </summary>
internal sealed class DistributionSampler
{
    /// <summary>The longest head that the decoder sends.</summary>
    public const int MaximumTop = 1024;

    private readonly TokenSampler _sampler;
    private readonly int _alternatives;
    private readonly int _guided;
    private readonly string _excludingField;

    /// <param name="plan">The generation.</param>
    /// <param name="generated">Tokens generated so far, where it is resumed.</param>
    public DistributionSampler(GenerationPlan plan, IReadOnlyList<int> generated)
    {
        var vocabularySize = plan.Model.VocabularySize;
        _alternatives = plan.Alternatives;
        _excludingField = plan.Sampling.BannedTokens.Count > 0 ? "sampling.banned_tokens"
            : plan.Sampling.LogitBias.Count > 0 ? "sampling.logit_bias" : "sampling.min_tokens";
        int[] tokens = [.. plan.Prompt.Select(static token => token.Id), .. generated];
        _sampler = new TokenSampler(plan.Sampling.ToOptions(), vocabularySize, plan.Model.EndOfSequenceIds, tokens, generated.Count);
        var head = _sampler.HeadLength(Math.Min(plan.Rules.PromptTokens + plan.Rules.MaxTokens, plan.Rules.ContextLength));
        // With a constraint every logit is wanted: the best of the allowed tokens may be far from the best of all.
        head = plan.Constraint is null ? head : null;
        // With guidance the head is all there is.
        head = plan.Classifiers.Guidance is { } guidance && plan.Constraint is null ? guidance.Top : head;
        _guided = plan.Classifiers.Guidance?.Top ?? 0;
        Form = head <= MaximumTop ? DistributionForm.Top : DistributionForm.Full;
        Top = head is <= MaximumTop and { } needed
            ? Math.Clamp(Math.Max(needed, _alternatives), 1, Math.Min(MaximumTop, vocabularySize))
            : 0;
    }

    /// <summary>What to ask of the decoder.</summary>
    public DistributionForm Form { get; }

    /// <summary>How many candidates; 0 for <see cref="DistributionForm.Full"/>.</summary>
    public int Top { get; }

    /// <summary>The token for the next position, or null when the distribution is none: not numbers, or not of the form asked for.</summary>
    /// <param name="distribution">The decoder's answer.</param>
    /// <param name="allowed">With a constraint: what it allows.</param>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: what a constraint or guidance leaves, the sampling program excludes.</exception>
    public ChosenToken? Choose(NextTokenDistribution distribution, TokenMask? allowed = null)
    {
        try
        {
            return Form == DistributionForm.Full ? ChooseFromAll(distribution, allowed) : ChooseFromHead(distribution);
        }
        catch (NoTokenLeftException)
        {
            throw RpcErrors.InvalidArgument(_excludingField, "excludes every token that could come next");
        }
        catch (InvalidLogitsException)
        {
            return null;
        }
    }

    /// <summary>The same with guidance: rates the most probable of the tokens that are allowed, and chooses among them.</summary>
    /// <param name="distribution">The decoder's answer.</param>
    /// <param name="allowed">With a constraint: what it allows.</param>
    /// <param name="rate">What is added to the logits of these tokens.</param>
    public async Task<ChosenToken?> ChooseAsync(NextTokenDistribution distribution, TokenMask? allowed, Func<IReadOnlyList<int>, Task<float[]>> rate)
    {
        var (ids, logits, logSumExp) = HeadOf(distribution, allowed);
        return ids.Length == 0 ? null : ChooseGuided(ids, logits, logSumExp, await rate(ids));
    }

    private ChosenToken? ChooseGuided(int[] ids, float[] logits, float logSumExp, float[] adjustments)
    {
        try
        {
            var set = new CandidateSet(ids, logits, logSumExp) { IsWhole = true, Adjustments = adjustments };
            return Chosen(_sampler.Sample(set, _alternatives));
        }
        catch (NoTokenLeftException)
        {
            throw RpcErrors.InvalidArgument(_excludingField, "excludes every token that could come next");
        }
        catch (InvalidLogitsException)
        {
            return null;
        }
    }

    // At most as many as guidance rates; none where the distribution is none.
    private (int[] Ids, float[] Logits, float LogSumExp) HeadOf(NextTokenDistribution distribution, TokenMask? allowed)
    {
        if (Form == DistributionForm.Top)
        {
            return ([.. distribution.TokenIds.Take(_guided)], [.. distribution.Logits.Take(_guided)], distribution.LogSumExp);
        }

        var logits = MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span).ToArray();
        var logSumExp = (float)Distribution.LogSumExp(logits);
        for (var id = 0; allowed is { } mask && id < logits.Length; id++)
        {
            logits[id] = mask.Allows(id) ? logits[id] : float.NegativeInfinity;
        }

        var (ids, values) = TopCandidates.Select(logits, _guided);
        var count = Array.FindIndex(values, float.IsNegativeInfinity) is >= 0 and var excluded ? excluded : values.Length;
        return (ids[..count], values[..count], logSumExp);
    }

    /// <summary>Goes on to the position after a token that was chosen.</summary>
    public void Accept(in ChosenToken token) => _sampler.Accept(token.Id, token.MirostatMu);

    private ChosenToken? ChooseFromAll(NextTokenDistribution distribution, TokenMask? allowed)
    {
        // The contract's floats are little-endian, as is every machine that .NET runs on today.
        var logits = MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span);
        return Chosen(_sampler.Sample(logits, _alternatives, allowed));
    }

    private ChosenToken? ChooseFromHead(NextTokenDistribution distribution)
    {
        int[] ids = [.. distribution.TokenIds];
        float[] logits = [.. distribution.Logits];
        return _sampler.TrySample(new CandidateSet(ids, logits, distribution.LogSumExp), _alternatives, out var result) ? Chosen(result) : null;
    }

    private static ChosenToken Chosen(in SampleResult result) => new(
        result.TokenId, result.RawLogProbability, result.ProcessedLogProbability,
        [.. result.Alternatives.Select(static alternative => new TokenAlternative(
            alternative.TokenId, alternative.RawLogProbability, alternative.ProcessedLogProbability, alternative.Rank))],
        result.Rank, result.MirostatMu);
}
