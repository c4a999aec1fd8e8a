using System.Runtime.InteropServices;
using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Loop;

/// <summary>
/// Chooses tokens from the decoder's distributions in step mode, and says which form of them it needs:
/// the head only where it gives the very token that all logits would.
/// </summary>
internal sealed class DistributionSampler
{
    /// <summary>The longest head that the decoder sends.</summary>
    public const int MaximumTop = 1024;

    private readonly SamplingOptions _options;
    private readonly int _vocabularySize;
    private readonly int _alternatives;

    public DistributionSampler(SamplingOptions options, int vocabularySize, int alternatives)
    {
        // All tokens is as many as there are: then a top-k beyond the vocabulary needs no form of its own.
        _options = options with { TopK = Math.Min(options.TopK, vocabularySize) };
        _vocabularySize = vocabularySize;
        _alternatives = alternatives;
        var headSuffices = _options.IsGreedy || _options.TopK is > 0 and <= MaximumTop;
        Form = headSuffices ? DistributionForm.Top : DistributionForm.Full;
        Top = headSuffices
            ? Math.Clamp(Math.Max(_options.IsGreedy ? 1 : _options.TopK, alternatives), 1, Math.Min(MaximumTop, vocabularySize))
            : 0;
    }

    /// <summary>What to ask of the decoder.</summary>
    public DistributionForm Form { get; }

    /// <summary>How many candidates; 0 for <see cref="DistributionForm.Full"/>.</summary>
    public int Top { get; }

    /// <summary>The token for a position, or null when the distribution is none: not numbers, or not of the form asked for.</summary>
    /// <param name="distribution">The decoder's answer.</param>
    /// <param name="index">0 for the first generated token; the counter of the draw.</param>
    public ChosenToken? Choose(NextTokenDistribution distribution, int index)
    {
        try
        {
            return Form == DistributionForm.Full ? ChooseFromAll(distribution, index) : ChooseFromHead(distribution, index);
        }
        catch (InvalidLogitsException)
        {
            return null;
        }
    }

    private ChosenToken? ChooseFromAll(NextTokenDistribution distribution, int index)
    {
        var bytes = distribution.AllLogits.Span;
        if (bytes.Length != _vocabularySize * sizeof(float))
        {
            return null;
        }

        // The contract's floats are little-endian, as is every machine that .NET runs on today.
        var logits = MemoryMarshal.Cast<byte, float>(bytes);
        return Chosen(Sampler.Sample(logits, _options, index, _alternatives));
    }

    private ChosenToken? ChooseFromHead(NextTokenDistribution distribution, int index)
    {
        int[] ids = [.. distribution.TokenIds];
        float[] logits = [.. distribution.Logits];
        var head = new CandidateSet(ids, logits, distribution.LogSumExp);
        return head.Suffices(_options) ? Chosen(Sampler.Sample(head, _options, index, _alternatives)) : null;
    }

    private static ChosenToken Chosen(SampleResult result) => new(
        result.TokenId, result.RawLogProbability, result.ProcessedLogProbability,
        [.. result.Alternatives.Select(static alternative => new TokenAlternative(alternative.TokenId, alternative.RawLogProbability))]);
}
