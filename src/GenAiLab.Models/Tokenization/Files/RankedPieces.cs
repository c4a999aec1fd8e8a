using GenAiLab.Models.Tokenization.Decoders;
using GenAiLab.Models.Tokenization.Models;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.PreTokenizers;

namespace GenAiLab.Models.Tokenization.Files;

/// <summary>
/// A vocabulary of tiktoken's kind: pieces by rank, which is their id; of all neighbours whose concatenation is a piece
/// the pair of lowest rank is merged first. Written as pairs, it is byte-pair encoding like any other.
/// </summary>
internal static class RankedPieces
{
    /// <summary>The vocabulary's name among models.</summary>
    public const string Type = "tiktoken";

    /// <summary>Makes a tokenizer of a model, the words' pattern and control tokens.</summary>
    public static TextTokenizer Tokenizer(string sha256, WordModel model, string pattern, IEnumerable<KeyValuePair<string, int>> control)
    {
        var tokens = control.Select(static token => new AddedToken(token.Value, token.Key, false, false, false, IsNormalized: false, IsControl: true)).ToList();
        var cutter = new PatternCutter(new PatternSplit(KnownPatterns.Find(pattern), SplitBehavior.Isolated));
        return new TextTokenizer(new TokenizerFile(tokens, null, cutter, model, PostProcessor.Nothing, TokenDecoder.ByteLevel), sha256);
    }

    /// <summary>Makes the model of pieces.</summary>
    public static WordModel Model(IReadOnlyList<byte[]> pieces)
    {
        var ranks = new Dictionary<byte[], int>(pieces.Count, new ByteKeys());
        for (var rank = 0; rank < pieces.Count; rank++)
        {
            ranks.Add(pieces[rank], rank);
        }

        var lookup = ranks.GetAlternateLookup<ReadOnlySpan<byte>>();
        var pairs = new List<(int Left, int Right, int Rank)>(4 * pieces.Count);
        foreach (var (piece, rank) in ranks)
        {
            for (var end = 1; end < piece.Length; end++)
            {
                if (lookup.TryGetValue(piece.AsSpan(0, end), out var left) && lookup.TryGetValue(piece.AsSpan(end), out var right))
                {
                    pairs.Add((left, right, rank));
                }
            }
        }

        var table = new PairTable(pairs.Count);
        foreach (var (left, right, rank) in pairs)
        {
            table.Set(left, right, rank, rank);
        }

        string?[] entries = [.. pieces.Select(static piece => ByteAlphabet.Spell(piece))];
        return new ByteBpe(Type, entries, entries.Length, [.. Enumerable.Range(0, 256).Select(value => ranks[[(byte)value]])], table, ranks)
        {
            Lookup = entry => ByteAlphabet.Read(entry) is { } bytes && ranks.TryGetValue(bytes, out var rank) ? rank : null,
        };
    }
}
