using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints;

/// <summary>
/// Where a text stands in its constraint. Immutable but for what it remembers of its successors; safe for use
/// by several threads. Two texts that may go on in the same way share one, as long as it is remembered.
/// </summary>
public sealed class ConstraintState
{
    private readonly TokenAutomaton _automaton;
    private byte[]? _segments;
    private ConstraintState?[]? _targets;
    private TokenMask? _mask;

    internal ConstraintState(TokenAutomaton automaton, Configuration[] configurations, bool satisfied, int tokens)
    {
        _automaton = automaton;
        Configurations = configurations;
        IsSatisfied = satisfied;
        TokensToEnd = tokens;
    }

    /// <summary>Whether the text so far satisfies the constraint as it stands.</summary>
    public bool IsSatisfied { get; }

    /// <summary>Whether the text satisfies the constraint and nothing may follow: it ends here, without a further step.</summary>
    public bool MustEnd => IsSatisfied && (Configurations.Length == 0 || (!_automaton.Vocabulary.IsComplete && !Mask.AllowsText));

    /// <summary>So many tokens are enough to end the text; a safe bound, not the least number. 0: it may end here.</summary>
    public int TokensToEnd { get; }

    internal Configuration[] Configurations { get; }

    internal TokenMask Mask => Volatile.Read(ref _mask) ?? _automaton.Remember(this, TokenMask.Of(this, _automaton.Vocabulary, int.MaxValue));

    /// <summary>
    /// The tokens that keep the text the beginning of one that satisfies the constraint, and the end-of-sequence
    /// tokens exactly where the text satisfies it. At least one, unless the text <see cref="MustEnd"/> (or, being
    /// satisfied, has no tokens left to go on and come to another end) and the vocabulary has no end-of-sequence token.
    /// </summary>
    /// <param name="remainingTokens">
    /// Tokens that may still be generated, this one included. Near to <see cref="TokensToEnd"/> only those are
    /// allowed after which the rest suffices to end. If it is less than that already, it changes nothing.
    /// </param>
    /// <returns>Bit i mod 8, the lowest first, of byte i / 8 stands for token i; (vocabulary size + 7) / 8 bytes.</returns>
    public ReadOnlyMemory<byte> Allowed(int remainingTokens)
    {
        var mask = Mask;
        return TokensToEnd > remainingTokens || mask.TokensToEndAfter < remainingTokens
            ? mask.Bits
            : TokenMask.Of(this, _automaton.Vocabulary, remainingTokens - 1).Bits;
    }

    /// <summary>Whether a token may follow, however few are left.</summary>
    public bool Allows(int tokenId) =>
        tokenId >= 0 && tokenId < _automaton.Vocabulary.Size
        && (_automaton.Vocabulary.IsEndOfSequence(tokenId) ? IsSatisfied : TryAdvance(tokenId) is not null);

    /// <summary>The state behind a token; an end-of-sequence token changes nothing.</summary>
    /// <exception cref="ArgumentException">The token is not allowed here.</exception>
    public ConstraintState Advance(int tokenId) =>
        !Allows(tokenId) ? throw new ArgumentException($"the constraint does not allow token {tokenId} here", nameof(tokenId))
        : _automaton.Vocabulary.IsEndOfSequence(tokenId) ? this : TryAdvance(tokenId)!;

    /// <summary>The state behind a byte; null: it would leave the constraint.</summary>
    internal ConstraintState? Next(byte value)
    {
        var segments = Volatile.Read(ref _segments);
        if (segments is null)
        {
            _automaton.Prepare(this);
            segments = _segments!;
        }

        var segment = segments[value];
        return segment == 0 ? null : Volatile.Read(ref _targets![segment - 1]) ?? _automaton.Step(this, value, segment);
    }

    /// <summary>The state that all plain bytes lead to, whichever they are; null: there is no such state.</summary>
    internal ConstraintState? NextPlain()
    {
        var (next, segment) = (Next(PlainTokens.First), _segments![PlainTokens.First]);
        for (int value = PlainTokens.First; value <= PlainTokens.Last && next is not null; value++)
        {
            if (_segments[value] != segment && PlainTokens.IsPlain((byte)value))
            {
                segment = _segments[value];
                next = Next((byte)value) == next ? next : null;
            }
        }

        return next;
    }

    /// <summary>Bytes that lead to the same state have the same segment; 0: they leave the constraint. Under the automaton's lock.</summary>
    internal void SetSegments(byte[] segments, int count)
    {
        _targets = new ConstraintState?[count];
        Volatile.Write(ref _segments, segments);
    }

    internal bool HasSegments => _segments is not null;

    internal bool HasMask => _mask is not null;

    internal ConstraintState? Target(int segment) => _targets![segment - 1];

    internal void SetTarget(int segment, ConstraintState target) => Volatile.Write(ref _targets![segment - 1], target);

    internal void SetMask(TokenMask? mask) => Volatile.Write(ref _mask, mask);

    /// <summary>Forgets its successors, so that they can be collected.</summary>
    internal void Forget()
    {
        if (_targets is not null)
        {
            Array.Clear(_targets);
        }

        SetMask(null);
    }

    private ConstraintState? TryAdvance(int tokenId)
    {
        var piece = _automaton.Vocabulary.Piece(tokenId);
        if (piece.IsEmpty || piece.Length > ConstraintVocabulary.LongestToken)
        {
            return null;
        }

        var state = this;
        foreach (var value in piece)
        {
            state = state.Next(value);
            if (state is null)
            {
                return null;
            }
        }

        return state.TokensToEnd == TokenDistances.None ? null : state;
    }
}
