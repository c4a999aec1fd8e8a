using System.Runtime.InteropServices;
using System.Text;
using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>BERT's: of what is left of a word always the longest entry; a word that does not come out is one unknown token.</summary>
internal sealed class WordPiece : WordModel
{
    private const int TokensBetweenChecks = 0x400;

    private readonly EntryTable _table;
    private readonly UnitTrie _beginnings = new();
    private readonly UnitTrie _continuations = new();
    private readonly int _longestWord;
    private readonly int? _unknown;

    private WordPiece(EntryTable table, string prefix, int longestWord, string unknown)
    {
        (_table, _longestWord, _unknown) = (table, longestWord, table.Ids.TryGetValue(unknown, out var id) ? id : null);
        foreach (var (entry, value) in table.Ids)
        {
            if (entry.Length > 0)
            {
                _beginnings.Add(entry, value);
            }

            if (entry.Length > prefix.Length && entry.StartsWith(prefix, StringComparison.Ordinal))
            {
                _continuations.Add(entry.AsSpan(prefix.Length), value);
            }
        }
    }

    public override int? Unknown => _unknown;

    public override string Type => "WordPiece";

    public override IReadOnlyList<string?> Entries => _table.Entries;

    public override int Count => _table.Count;

    public static WordPiece Read(TokenizerComponent model) => new(
        EntryTable.Read(model), model.Text("continuing_subword_prefix"), model.Number("max_input_chars_per_word"), model.Text("unk_token"));

    public override int? Find(string entry) => _table.Ids.TryGetValue(entry, out var id) ? id : null;

    public override void Cut(ReadOnlySpan<char> word, List<WordToken> tokens, CancellationToken cancellation)
    {
        var first = tokens.Count;
        if (CodePoints.Count(word) > _longestWord || !TryCut(word, tokens, cancellation))
        {
            CollectionsMarshal.SetCount(tokens, first);
            tokens.Add(new WordToken(
                _unknown ?? throw new TokenizationException("the vocabulary has no unknown token for a word of this text"), 0, Encoding.UTF8.GetByteCount(word)));
        }
    }

    private bool TryCut(ReadOnlySpan<char> word, List<WordToken> tokens, CancellationToken cancellation)
    {
        for (int at = 0, place = 0; at < word.Length;)
        {
            if (tokens.Count % TokensBetweenChecks == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            var (length, value) = (at == 0 ? _beginnings : _continuations).Longest(word[at..]);
            if (length == 0)
            {
                return false;
            }

            var end = place + Encoding.UTF8.GetByteCount(word.Slice(at, length));
            tokens.Add(new WordToken(value, place, end));
            (at, place) = (at + length, end);
        }

        return true;
    }
}
