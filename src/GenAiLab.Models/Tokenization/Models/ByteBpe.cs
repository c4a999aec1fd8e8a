using System.Buffers;
using System.Text;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>Byte-pair encoding over a word's bytes, each of which is a token: GPT-2's and its descendants', and tiktoken's.</summary>
internal sealed class ByteBpe : WordModel
{
    private readonly int[] _byteIds;
    private readonly PairMerger _merger;
    private readonly Dictionary<byte[], int>? _whole; // Words that are one token whatever the merges say.

    /// <param name="type">BPE, or tiktoken.</param>
    /// <param name="entries">Spellings by id.</param>
    /// <param name="count">How many of them there are.</param>
    /// <param name="byteIds">The token of each byte.</param>
    /// <param name="pairs">What merges.</param>
    /// <param name="whole">Words that are one token whatever the merges say; null: there are none.</param>
    public ByteBpe(string type, IReadOnlyList<string?> entries, int count, int[] byteIds, PairTable pairs, Dictionary<byte[], int>? whole)
    {
        (Type, Entries, Count, _byteIds, _whole) = (type, entries, count, byteIds, whole);
        _merger = new PairMerger(pairs);
    }

    public override string Type { get; }

    public override IReadOnlyList<string?> Entries { get; }

    public override int Count { get; }

    /// <summary>Looks up entries by their spelling.</summary>
    public required Func<string, int?> Lookup { get; init; }

    /// <summary>The model over bytes of a file whose words are spelled in <see cref="ByteAlphabet"/>; null where a byte has no token.</summary>
    public static ByteBpe? From(MergeList merges)
    {
        var byteIds = new int[256];
        for (var value = 0; value < 256; value++)
        {
            if (!merges.Table.Ids.TryGetValue(ByteAlphabet.Spell([(byte)value]), out byteIds[value]))
            {
                return null;
            }
        }

        Dictionary<byte[], int>? whole = null;
        if (merges.IgnoreMerges)
        {
            whole = new Dictionary<byte[], int>(merges.Table.Count, new ByteKeys());
            foreach (var (entry, id) in merges.Table.Ids)
            {
                if (ByteAlphabet.Read(entry) is { } bytes)
                {
                    whole.TryAdd(bytes, id);
                }
            }
        }

        return new ByteBpe("BPE", merges.Table.Entries, merges.Table.Count, byteIds, merges.Pairs, whole)
        {
            Lookup = entry => merges.Table.Ids.TryGetValue(entry, out var id) ? id : null,
        };
    }

    public override int? Find(string entry) => Lookup(entry);

    public override void Cut(ReadOnlySpan<char> word, List<WordToken> tokens, CancellationToken cancellation)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(word.Length * 3);
        var symbols = ArrayPool<WordToken>.Shared.Rent(word.Length * 3);
        try
        {
            var length = Encoding.UTF8.GetBytes(word, bytes);
            if (_whole is not null && _whole.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(bytes.AsSpan(0, length), out var whole))
            {
                tokens.Add(new WordToken(whole, 0, length));
                return;
            }

            for (var at = 0; at < length; at++)
            {
                symbols[at] = new WordToken(_byteIds[bytes[at]], at, at + 1);
            }

            tokens.AddRange(symbols.AsSpan(0, _merger.Merge(symbols.AsSpan(0, length), cancellation)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<WordToken>.Shared.Return(symbols);
        }
    }
}
