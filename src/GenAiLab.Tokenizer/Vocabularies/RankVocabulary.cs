using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>A vocabulary of tiktoken's kind: pieces by rank, a pattern that cuts words, special tokens above.</summary>
internal sealed class RankVocabulary : IVocabulary
{
    private readonly RankFile _file;
    private readonly RankMerger _merger;
    private readonly Regex _pattern;
    private readonly Dictionary<string, int> _special;
    private readonly Dictionary<int, byte[]> _specialPieces;
    private readonly SearchValues<string> _specialTexts;

    public RankVocabulary(string name, RankFile file, Regex pattern, IReadOnlyDictionary<string, int> special)
    {
        Name = name;
        _file = file;
        _merger = new RankMerger(file.Pieces);
        _pattern = pattern;
        _special = new Dictionary<string, int>(special, StringComparer.Ordinal);
        _specialPieces = special.ToDictionary(static token => token.Value, static token => Encoding.UTF8.GetBytes(token.Key));
        _specialTexts = SearchValues.Create([.. special.Keys], StringComparison.Ordinal);
        Size = Math.Max(file.Pieces.Count, special.Values.Max() + 1);
    }

    public string Name { get; }

    public string Sha256 => _file.Sha256;

    public int Size { get; }

    public string Kind => "tiktoken";

    public IReadOnlyList<(string Text, int Id)> SpecialTokens => [.. _special.Select(static token => (token.Key, token.Value)).OrderBy(static token => token.Value)];

    public bool IsSpecial(int id) => _specialPieces.ContainsKey(id);

    public ReadOnlyMemory<byte> Piece(int id) =>
        (uint)id < (uint)_file.Pieces.Count ? _file.Pieces[id] : _specialPieces.GetValueOrDefault(id);

    public IReadOnlyList<EncodedToken> Encode(
        string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation)
    {
        var tokens = new List<EncodedToken>();
        var offset = 0;
        for (var at = 0; at < text.Length;)
        {
            var found = parseSpecialTokens ? text.AsSpan(at).IndexOfAny(_specialTexts) : -1;
            var end = found < 0 ? text.Length : at + found;
            offset = AppendText(text.AsMemory(at, end - at), offset, tokens, cancellation);
            at = end;
            if (found >= 0)
            {
                var rest = text[at..Math.Min(text.Length, at + _special.Keys.Max(static token => token.Length))];
                var (token, id) = _special.Where(special => rest.StartsWith(special.Key, StringComparison.Ordinal)).MaxBy(static special => special.Key.Length);
                var bytes = _specialPieces[id].Length;
                tokens.Add(new EncodedToken(id, offset, bytes));
                offset += bytes;
                at += token.Length;
            }
        }

        return tokens;
    }

    public int Count(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation) =>
        Encode(text, addSpecialTokens, parseSpecialTokens, cancellation).Count;

    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens)
    {
        var stream = OpenStream(skipSpecialTokens);
        return string.Concat(ids.Select(stream.Push)) + stream.Finish();
    }

    public TokenTextStream OpenStream(bool skipSpecialTokens) => new(id => skipSpecialTokens && IsSpecial(id) ? default : Piece(id));

    private int AppendText(ReadOnlyMemory<char> text, int offset, List<EncodedToken> tokens, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text.Span));
        try
        {
            var used = 0;
            WordSplitter.Split(text.Span, _pattern, (start, length) =>
            {
                cancellation.ThrowIfCancellationRequested();
                var bytes = Encoding.UTF8.GetBytes(text.Span.Slice(start, length), buffer.AsSpan(used));
                _merger.Append(buffer.AsSpan(used, bytes), offset + used, tokens, cancellation);
                used += bytes;
            });
            return offset + used;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
