namespace GenAiLab.Constraints;

/// <summary>
/// Tokens of nothing but printable ASCII without quotation mark and backslash: most of a vocabulary, and all the
/// same to a JSON string. Safe for use by several threads.
/// </summary>
internal sealed class PlainTokens
{
    /// <summary>The first plain byte.</summary>
    public const byte First = (byte)' ';

    /// <summary>The last one.</summary>
    public const byte Last = (byte)'~';

    private readonly byte[]?[] _upTo;
    private readonly ConstraintVocabulary _vocabulary;

    public PlainTokens(ConstraintVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        var nodes = vocabulary.Labels.Length;
        Reaches = new byte[nodes];

        // First the lengths of plain beginnings, then, from the leaves up, what of them is plain to the end.
        var path = new bool[ConstraintVocabulary.LongestToken + 1];
        path[0] = true;
        for (var node = 0; node < nodes; node++)
        {
            var depth = vocabulary.Depths[node];
            path[depth + 1] = path[depth] && IsPlain(vocabulary.Labels[node]);
            Reaches[node] = path[depth + 1] ? (byte)(depth + 1) : (byte)0;
        }

        for (var node = nodes - 1; node >= 0; node--)
        {
            for (var child = node + 1; child < vocabulary.SubtreeEnds[node] && Reaches[node] > 0; child = vocabulary.SubtreeEnds[child])
            {
                Reaches[node] = Reaches[child] == 0 ? (byte)0 : Math.Max(Reaches[node], Reaches[child]);
            }
        }

        for (var id = 0; id < vocabulary.Size; id++)
        {
            var piece = vocabulary.Piece(id);
            if (piece.Length > Longest && piece.Length <= ConstraintVocabulary.LongestToken && !piece.ContainsAnyExcept(PlainValues))
            {
                Longest = piece.Length;
            }
        }

        _upTo = new byte[Longest + 1][];
    }

    private static System.Buffers.SearchValues<byte> PlainValues { get; } =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 256).Select(static value => (byte)value).Where(IsPlain)]);

    /// <summary>Bytes of the longest one.</summary>
    public int Longest { get; }

    /// <summary>For each node of the trie, if all tokens through it are plain, the length of the longest of them; otherwise 0.</summary>
    public byte[] Reaches { get; }

    /// <summary>The mask of those of at most so many bytes.</summary>
    public byte[] UpTo(int length)
    {
        if (Volatile.Read(ref _upTo[length]) is { } known)
        {
            return known;
        }

        var mask = new byte[_vocabulary.MaskBytes];
        for (var id = 0; id < _vocabulary.Size; id++)
        {
            var piece = _vocabulary.Piece(id);
            if (!piece.IsEmpty && piece.Length <= length && !piece.ContainsAnyExcept(PlainValues))
            {
                mask[id >> 3] |= (byte)(1 << (id & 7));
            }
        }

        Volatile.Write(ref _upTo[length], mask);
        return mask;
    }

    public static bool IsPlain(byte value) => value is >= First and <= Last and not ((byte)'"' or (byte)'\\');
}
