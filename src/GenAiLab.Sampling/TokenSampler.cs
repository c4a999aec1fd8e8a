using System.Buffers;
using GenAiLab.Sampling.Steps;

namespace GenAiLab.Sampling;

/// <summary>
/// Chooses the tokens of one generation, one after the other: <see cref="Sample(ReadOnlySpan{float}, int, TokenMask?)"/>
/// chooses and changes nothing, <see cref="Accept(in SampleResult)"/> goes on. The token of a position depends on its
/// distribution, the options, the position, the tokens so far where a step looks back, and mirostat's µ; so a sampler
/// made anew from these continues as the old one would have. The decoder (pushdown mode) and the orchestrator (step
/// mode) share it. Not thread-safe.
/// </summary>
public sealed class TokenSampler
{
    private readonly SamplingOptions _options;
    private readonly SamplerChain _chain;
    private readonly TokenHistory? _history;
    private readonly Mirostat? _mirostat;
    private readonly WorkingSet _set = new();
    private readonly int _vocabularySize;
    private readonly int[] _excluded;
    private readonly TokenBias[] _biases;
    private readonly int[] _endOfSequenceIds;

    /// <param name="options">Valid by <see cref="SamplingOptions.Validate"/> and <see cref="SamplingOptions.ValidateFor"/>.</param>
    /// <param name="vocabularySize">Logits per distribution.</param>
    /// <param name="endOfSequenceIds">What min tokens excludes at first; those outside of the vocabulary do not count.</param>
    /// <param name="tokens">The tokens so far: the prompt, then what was generated.</param>
    /// <param name="generated">How many tokens were generated: the first position, and the last so many of <paramref name="tokens"/>.</param>
    public TokenSampler(
        SamplingOptions options, int vocabularySize, IReadOnlyCollection<int> endOfSequenceIds, ReadOnlySpan<int> tokens, int generated)
    {
        // All tokens is as many as there are: then a top-k beyond the vocabulary needs no form of its own.
        _options = options.TopK > vocabularySize ? options with { TopK = vocabularySize } : options;
        _vocabularySize = vocabularySize;
        _chain = new SamplerChain(_options);
        if (_chain.LooksBack)
            _history = new TokenHistory(tokens, Math.Max(0, tokens.Length - generated), options.PenaltyWindow ?? int.MaxValue);
        _mirostat = options.Mirostat is { } mirostat ? new Mirostat(mirostat) : null;
        _excluded = [.. options.BannedTokens, .. options.LogitBias.Where(static entry => entry.Excludes).Select(static entry => entry.TokenId)];
        _biases = [.. options.LogitBias.Where(static entry => !entry.Excludes)];
        _endOfSequenceIds = [.. endOfSequenceIds.Where(id => (uint)id < (uint)vocabularySize)];
        Position = generated;
    }

    /// <summary>The position of the next token: how many were generated before it. The counter of its draw.</summary>
    public long Position { get; internal set; }

    /// <summary>Mirostat's state; null without mirostat.</summary>
    public float? MirostatMu => _mirostat?.Mu;

    private bool IsPlainNow => _chain.IsPlain && _excluded.Length == 0 && _biases.Length == 0 && !DelaysTheEnd;

    private bool DelaysTheEnd => Position < _options.MinTokens;

    /// <summary>Chooses the next token from the whole vocabulary.</summary>
    /// <param name="logits">One per vocabulary entry; −∞ excludes a token.</param>
    /// <param name="alternatives">How many of the most probable tokens to report.</param>
    /// <param name="allowed">The tokens that may be chosen; null: all.</param>
    /// <exception cref="InvalidLogitsException">The logits are no distribution.</exception>
    /// <exception cref="NoTokenLeftException">What is allowed is excluded.</exception>
    public SampleResult Sample(ReadOnlySpan<float> logits, int alternatives, TokenMask? allowed = null)
    {
        if (logits.Length != _vocabularySize)
            throw new InvalidLogitsException("there are more or fewer logits than tokens");
        var maximum = Distribution.Maximum(logits);
        // Rounded to float as it travels on the wire, so that both loop modes report the same bits.
        var logSumExp = (float)Distribution.LogSumExp(logits, maximum);
        var (ids, values) = TopCandidates.Select(logits, alternatives);
        var top = new CandidateSet(ids, values, logSumExp);
        if (allowed is null && IsPlainNow)
        {
            var choice = PlainSampler.Choose(logits, maximum, _options, Position);
            return new SampleResult(
                choice.Index, logits[choice.Index] - logSumExp, choice.Processed, Distribution.RankOf(logits, choice.Index), Plain(top, ids.Length, choice));
        }

        try
        {
            _set.Load(logits, allowed);
            var drawn = RunChain(top, ids.Length);
            return new SampleResult(
                drawn.Id, logits[drawn.Id] - logSumExp, drawn.Processed, Distribution.RankOf(logits, drawn.Id), drawn.Alternatives, drawn.Mu);
        }
        finally
        {
            _set.Release();
        }
    }

    /// <summary>Chooses the next token from the head of its distribution; see <see cref="TrySample"/>.</summary>
    /// <param name="candidates">The head, or all that may be chosen.</param>
    /// <param name="alternatives">How many of the most probable tokens to report; at most the candidates there are.</param>
    /// <exception cref="InvalidLogitsException">The candidates are no head of a distribution.</exception>
    /// <exception cref="NoTokenLeftException">All that may be chosen is excluded.</exception>
    /// <exception cref="ArgumentException">The candidates do not suffice.</exception>
    public SampleResult Sample(in CandidateSet candidates, int alternatives) =>
        TrySample(candidates, alternatives, out var result)
            ? result
            : throw new ArgumentException("the sampling program needs more candidates, or every logit", nameof(candidates));

    /// <summary>
    /// Chooses the next token from the head of its distribution, and gives bit for bit what the whole vocabulary
    /// would. False where tokens outside of the head might matter: <see cref="HeadLength"/> says how many never fail.
    /// </summary>
    /// <param name="candidates">The head, or all that may be chosen.</param>
    /// <param name="alternatives">How many of the most probable tokens to report; at most the candidates there are.</param>
    /// <param name="result">The choice.</param>
    /// <exception cref="InvalidLogitsException">The candidates are no head of a distribution.</exception>
    /// <exception cref="NoTokenLeftException">All that may be chosen is excluded.</exception>
    public bool TrySample(in CandidateSet candidates, int alternatives, out SampleResult result)
    {
        candidates.Check();
        result = default;
        var count = Math.Clamp(alternatives, 0, candidates.TokenIds.Length);
        if (!candidates.IsWhole && (_chain.HeadLength is not { } needed || needed > candidates.TokenIds.Length || RaisesOthers(candidates)))
            return false;
        if (!candidates.IsWhole && IsPlainNow)
        {
            var choice = PlainSampler.ChooseFromHead(candidates.Logits, _options, Position);
            result = new SampleResult(
                candidates.TokenIds[choice.Index], candidates.Logits[choice.Index] - candidates.LogSumExp, choice.Processed, choice.Index + 1,
                Plain(candidates, count, choice));
            return true;
        }

        try
        {
            _set.Load(candidates);
            var drawn = RunChain(candidates, count);
            var at = drawn.Id < 0 ? -1 : candidates.TokenIds.IndexOf(drawn.Id);
            if (at >= 0)
            {
                result = new SampleResult(
                    drawn.Id, candidates.Logits[at] - candidates.LogSumExp, drawn.Processed, at + 1, drawn.Alternatives, drawn.Mu);
            }

            return at >= 0;
        }
        finally
        {
            _set.Release();
        }
    }

    /// <summary>
    /// How many of the highest logits are enough for <see cref="TrySample"/> in any case, or null when it takes all
    /// of them: greedy or top-k, and before it nothing that raises a logit or needs the whole distribution.
    /// </summary>
    /// <param name="tokens">Prompt and generated tokens at most: so many logits may be lowered by what looks back.</param>
    public int? HeadLength(int tokens)
    {
        if (_chain.HeadLength is not { } head || _biases.Any(static entry => entry.Bias > 0))
            return null;
        var lowered = _excluded.Length + _biases.Length
            + (DelaysTheEnd ? _endOfSequenceIds.Length : 0)
            + (_chain.LooksBack ? Math.Min(tokens, _chain.Window) : 0);
        return (int)Math.Min((long)head + lowered, _vocabularySize);
    }

    /// <summary>Goes on after a token that was chosen here.</summary>
    /// <param name="choice">What <c>Sample</c> gave for this position.</param>
    public void Accept(in SampleResult choice) => Accept(choice.TokenId, choice.MirostatMu);

    /// <summary>Goes on after a token.</summary>
    /// <param name="tokenId">The token.</param>
    /// <param name="mirostatMu">Mirostat's state after it; null leaves it as it is, where something else chose the token.</param>
    public void Accept(int tokenId, float? mirostatMu = null)
    {
        _history?.Add(tokenId);
        Position++;
        if (_mirostat is not null && mirostatMu is { } mu)
            _mirostat.Mu = mu;
    }

    private bool RaisesOthers(in CandidateSet candidates)
    {
        foreach (var (id, bias) in _biases)
        {
            if (bias > 0 && !candidates.TokenIds.Contains(id))
                return true;
        }

        return false;
    }

    // From the set that is loaded; an id of −1 where a head does not suffice.
    private Drawn RunChain(in CandidateSet top, int alternatives)
    {
        Exclude();
        if (!_set.Suffices)
            return Drawn.None;
        _chain.Apply(_set, _history, Position);
        if (!_set.Suffices)
            return Drawn.None;
        _mirostat?.Apply(_set);
        if (_options.IsGreedy)
        {
            var best = _set.IndexOfMaximum();
            return _set.Suffices ? new Drawn(_set.IdAt(best), 0, Processed(top, alternatives, best, [], 1), null) : Drawn.None;
        }

        var rented = ArrayPool<double>.Shared.Rent(_set.Count);
        try
        {
            var weights = rented.AsSpan(0, _set.Count);
            Distribution.Weights(_set.Logits, _set.Maximum(), _set.Temperature, weights);
            var (index, mass) = PlainSampler.Draw(weights, CounterRandom.Uniform(_options.Seed, Position));
            return new Drawn(
                _set.IdAt(index), (float)Math.Log(weights[index] / mass), Processed(top, alternatives, index, weights, mass),
                _mirostat?.After(_set.Logits[index]));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rented);
        }
    }

    private void Exclude()
    {
        foreach (var id in _excluded)
            _set.Exclude(id);
        if (DelaysTheEnd)
        {
            foreach (var id in _endOfSequenceIds)
                _set.Exclude(id);
        }

        foreach (var (id, bias) in _biases)
            _set.Add(id, bias);
        _set.Changed();
    }

    // Without weights the choice was greedy.
    private Alternative[] Processed(in CandidateSet top, int count, int chosen, ReadOnlySpan<double> weights, double mass)
    {
        var list = count == 0 ? [] : new Alternative[count];
        for (var i = 0; i < list.Length; i++)
        {
            var at = _set.IndexOf(top.TokenIds[i]);
            float? processed = weights.IsEmpty ? (at == chosen ? 0f : null)
                : at >= 0 && weights[at] > 0 ? (float)Math.Log(weights[at] / mass)
                : null;
            list[i] = new Alternative(top.TokenIds[i], top.Logits[i] - top.LogSumExp, i + 1, processed);
        }

        return list;
    }

    private Alternative[] Plain(in CandidateSet top, int count, in PlainChoice choice)
    {
        var list = count == 0 ? [] : new Alternative[count];
        for (var i = 0; i < list.Length; i++)
        {
            list[i] = new Alternative(
                top.TokenIds[i], top.Logits[i] - top.LogSumExp, i + 1, choice.ProcessedOf(top.Logits[i], i + 1, top.Logits[0], _options));
        }

        return list;
    }

    private readonly record struct Drawn(int Id, float Processed, Alternative[] Alternatives, float? Mu)
    {
        public static Drawn None => new(-1, 0, [], null);
    }
}
