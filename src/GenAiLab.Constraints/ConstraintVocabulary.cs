namespace GenAiLab.Constraints;

/// <summary>
/// The tokens of a vocabulary as a byte trie, built once and shared by all constraints. Special tokens and
/// tokens without bytes stand for no text: no constraint allows them. Immutable.
/// </summary>
public sealed class ConstraintVocabulary
{
    private readonly int[] _rootChildren = new int[256];
    private readonly int[] _endOfSequenceIds;
    private readonly ReadOnlyMemory<byte>[] _pieces;

    /// <param name="pieces">The bytes of each token, in order of id.</param>
    /// <param name="specialIds">Tokens that stand for no text.</param>
    /// <param name="endOfSequenceIds">Tokens that end a text; counted as special.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public ConstraintVocabulary(IReadOnlyList<ReadOnlyMemory<byte>> pieces, IEnumerable<int> specialIds, IEnumerable<int> endOfSequenceIds)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        _pieces = [.. pieces];
        _endOfSequenceIds = [.. endOfSequenceIds.Distinct().Order()];
        foreach (var id in specialIds.Concat(_endOfSequenceIds))
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(specialIds));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, _pieces.Length, nameof(specialIds));
            _pieces[id] = default;
        }

        var ids = Enumerable.Range(0, _pieces.Length).Where(id => !_pieces[id].IsEmpty).ToArray();
        Array.Sort(ids, (left, right) => _pieces[left].Span.SequenceCompareTo(_pieces[right].Span) is not 0 and var order ? order : left.CompareTo(right));
        (Labels, Depths, SubtreeEnds, Tokens, SameBytes) = Build(ids);
        Array.Fill(_rootChildren, -1);
        for (var node = 0; node < Labels.Length; node = SubtreeEnds[node])
        {
            _rootChildren[Labels[node]] = node;
        }

        PlainTokens = new PlainTokens(this);
        IsComplete = _rootChildren.All(node => node >= 0 && Tokens[node] >= 0);
    }

    /// <summary>Number of token ids.</summary>
    public int Size => _pieces.Length;

    /// <summary>Bytes of a mask: bit i mod 8, the lowest first, of byte i / 8 stands for token i.</summary>
    public int MaskBytes => (Size + 7) / 8;

    /// <summary>Tokens that end a text.</summary>
    public ReadOnlySpan<int> EndOfSequenceIds => _endOfSequenceIds;

    /// <summary>Whether each of the 256 bytes is a token, so that every text can be spelled.</summary>
    public bool IsComplete { get; }

    // The trie in depth-first order: a node's children follow it, its subtree ends before SubtreeEnds[node].
    internal byte[] Labels { get; }

    internal byte[] Depths { get; }

    internal int[] SubtreeEnds { get; }

    /// <summary>The token that ends at a node; −1: none.</summary>
    internal int[] Tokens { get; }

    /// <summary>For a token the next one with the very same bytes; −1: none.</summary>
    internal int[] SameBytes { get; }

    internal PlainTokens PlainTokens { get; }

    /// <summary>The longest token that the trie holds, in bytes. Longer ones are never allowed.</summary>
    internal const int LongestToken = byte.MaxValue;

    internal ReadOnlySpan<byte> Piece(int id) => _pieces[id].Span;

    internal bool IsEndOfSequence(int id) => Array.BinarySearch(_endOfSequenceIds, id) >= 0;

    /// <summary>The child of a node, or of the root for −1; −1: none.</summary>
    internal int Child(int node, byte label)
    {
        if (node < 0)
        {
            return _rootChildren[label];
        }

        for (var child = node + 1; child < SubtreeEnds[node] && Labels[child] <= label; child = SubtreeEnds[child])
        {
            if (Labels[child] == label)
            {
                return child;
            }
        }

        return -1;
    }

    /// <summary>Whether a byte is a token by itself.</summary>
    internal bool HasByte(byte value) => _rootChildren[value] is >= 0 and var node && Tokens[node] >= 0;

    private (byte[] Labels, byte[] Depths, int[] Ends, int[] Tokens, int[] Same) Build(int[] ids)
    {
        var labels = new List<byte>();
        var depths = new List<byte>();
        var ends = new List<int>();
        var tokens = new List<int>();
        var same = new int[Size];
        Array.Fill(same, -1);
        var path = new List<int>();
        ReadOnlySpan<byte> before = default;
        foreach (var id in ids)
        {
            var piece = _pieces[id].Span;
            if (piece.Length > LongestToken)
            {
                continue;
            }

            var common = piece.CommonPrefixLength(before);
            Close(common);
            for (var at = common; at < piece.Length; at++)
            {
                path.Add(labels.Count);
                labels.Add(piece[at]);
                depths.Add((byte)at);
                ends.Add(0);
                tokens.Add(-1);
            }

            same[id] = tokens[path[^1]];
            tokens[path[^1]] = id;
            before = piece;
        }

        Close(0);
        return ([.. labels], [.. depths], [.. ends], [.. tokens], same);

        void Close(int depth)
        {
            while (path.Count > depth)
            {
                ends[path[^1]] = labels.Count;
                path.RemoveAt(path.Count - 1);
            }
        }
    }
}
