using System.Text;
using GenAiLab.Models.Tokenization.Files;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>Each word is a token, or the unknown one.</summary>
internal sealed class WordLevel(EntryTable table, string unknown) : WordModel
{
    private readonly int? _unknown = table.Ids.TryGetValue(unknown, out var id) ? id : null;

    public override int? Unknown => _unknown;

    public override string Type => "WordLevel";

    public override IReadOnlyList<string?> Entries => table.Entries;

    public override int Count => table.Count;

    public static WordLevel Read(TokenizerComponent model) => new(EntryTable.Read(model), model.Text("unk_token"));

    public override int? Find(string entry) => table.Ids.TryGetValue(entry, out var id) ? id : null;

    public override void Cut(ReadOnlySpan<char> word, List<WordToken> tokens, CancellationToken cancellation) => tokens.Add(new WordToken(
        table.Lookup.TryGetValue(word, out var id) ? id : _unknown ?? throw new TokenizationException("the vocabulary has no unknown token for a word of this text"),
        0, Encoding.UTF8.GetByteCount(word)));
}
