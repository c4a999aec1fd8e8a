using System.Runtime.InteropServices;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Search;

/// <summary>
/// What a search reads of the decoder's distributions: of each continuation the most probable next tokens, after
/// banned tokens, min_tokens and biases. With any of these it needs all logits, and otherwise the head alone.
/// </summary>
internal sealed class BeamDistributions
{
    private readonly SamplingProgram _program;
    private readonly int[] _endOfSequence;
    private readonly int _vocabularySize;
    private readonly int _alternatives;
    private readonly int _wanted;

    public BeamDistributions(GenerationPlan plan)
    {
        (_program, _vocabularySize, _alternatives) = (plan.Sampling, plan.Model.VocabularySize, plan.Alternatives);
        _endOfSequence = [.. plan.Model.EndOfSequenceIds.Where(id => (uint)id < (uint)_vocabularySize)];
        // As many unfinished ones as are kept, as many that a stop sequence may end, and the ends of the sequence.
        _wanted = Math.Min((2 * plan.Beam!.Width) + _endOfSequence.Length, _vocabularySize);
        var changes = _program.BannedTokens.Count > 0 || _program.LogitBias.Count > 0 || _program.MinTokens > 0;
        Form = changes ? DistributionForm.Full : DistributionForm.Top;
        Top = changes ? 0 : Math.Min(Math.Max(_wanted, _alternatives), _vocabularySize);
    }

    /// <summary>What to ask of the decoder.</summary>
    public DistributionForm Form { get; }

    /// <summary>How many candidates; 0 for <see cref="DistributionForm.Full"/>.</summary>
    public int Top { get; }

    /// <summary>The tokens that can follow, most probable first; null when the distribution is none, or not of the form asked for.</summary>
    /// <param name="distribution">The decoder's answer.</param>
    /// <param name="length">Tokens generated before.</param>
    public IReadOnlyList<ChosenToken>? Read(NextTokenDistribution distribution, int length)
    {
        try
        {
            return Form == DistributionForm.Full ? ReadAll(distribution, length) : ReadHead(distribution);
        }
        catch (InvalidLogitsException)
        {
            return null;
        }
    }

    private ChosenToken[]? ReadHead(NextTokenDistribution distribution)
    {
        if (distribution.TokenIds.Count < _wanted || distribution.TokenIds.Count != distribution.Logits.Count
            || !float.IsFinite(distribution.LogSumExp) || distribution.TokenIds.Any(id => (uint)id >= (uint)_vocabularySize))
        {
            return null;
        }

        var raw = new float[distribution.TokenIds.Count];
        for (var at = 0; at < raw.Length; at++)
        {
            raw[at] = distribution.Logits[at] - distribution.LogSumExp;
            if (float.IsNaN(raw[at]) || (at > 0 && raw[at] > raw[at - 1]))
            {
                return null;
            }
        }

        TokenAlternative[] alternatives = [.. distribution.TokenIds.Take(_alternatives).Select((id, at) => new TokenAlternative(id, raw[at], raw[at], at + 1))];
        return [.. distribution.TokenIds.Take(_wanted)
            .Select((id, at) => new ChosenToken(id, raw[at], raw[at], alternatives, Rank: at + 1))
            .Where(static token => !float.IsNegativeInfinity(token.ProcessedLogProbability))];
    }

    private ChosenToken[]? ReadAll(NextTokenDistribution distribution, int length)
    {
        if (distribution.AllLogits.Length != _vocabularySize * sizeof(float))
        {
            return null;
        }

        var logits = MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span);
        var logSumExp = (float)Distribution.LogSumExp(logits);
        var processed = logits.ToArray();
        foreach (var bias in _program.LogitBias)
        {
            processed[bias.TokenId] += bias.Bias;
        }

        Exclude(processed, _program.BannedTokens);
        Exclude(processed, length < _program.MinTokens ? _endOfSequence : []);
        var whole = (float)Distribution.LogSumExp(processed);
        var (alternativeIds, alternativeLogits) = TopCandidates.Select(logits, _alternatives);
        TokenAlternative[] alternatives = [.. alternativeIds.Select((id, at) => new TokenAlternative(
            id, alternativeLogits[at] - logSumExp, float.IsNegativeInfinity(processed[id]) ? null : processed[id] - whole, at + 1))];
        var (ids, values) = TopCandidates.Select(processed, _wanted);
        var tokens = new List<ChosenToken>();
        for (var at = 0; at < ids.Length && !float.IsNegativeInfinity(values[at]); at++)
        {
            tokens.Add(new ChosenToken(ids[at], logits[ids[at]] - logSumExp, values[at] - whole, alternatives, RankOf(logits, ids[at])));
        }

        return [.. tokens];
    }

    private static int RankOf(ReadOnlySpan<float> logits, int id)
    {
        var rank = 1;
        for (var other = 0; other < logits.Length; other++)
        {
            rank += logits[other] > logits[id] || (logits[other] == logits[id] && other < id) ? 1 : 0;
        }

        return rank;
    }

    private static void Exclude(float[] logits, IEnumerable<int> ids)
    {
        foreach (var id in ids)
        {
            logits[id] = float.NegativeInfinity;
        }
    }
}
