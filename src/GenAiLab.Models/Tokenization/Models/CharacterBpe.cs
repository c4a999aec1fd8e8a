using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>
/// Byte-pair encoding over a word's characters: SentencePiece's, with a token per byte for what is not in the
/// vocabulary, and that of fastBPE, which marks where a word goes on or ends. A character that nothing stands for is
/// dropped, as in the reference.
/// </summary>
internal sealed class CharacterBpe : WordModel
{
    private const int Missing = -1;

    private readonly MergeList _merges;
    private readonly PairMerger _merger;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly Dictionary<int, int> _characters = [];
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;
    private readonly int[]? _byteIds; // The token of each byte, -1 where it has none.

    private CharacterBpe(MergeList merges, TokenizerComponent model, string prefix, string suffix)
    {
        (_merges, _prefix, _suffix) = (merges, prefix, suffix);
        _merger = new PairMerger(merges.Pairs);
        var unknown = model.OptionalText("unk_token");
        _unknown = unknown is null ? null : Find(unknown) ?? Missing; // Which matters only to a text that needs it.
        _fuseUnknown = model.Flag("fuse_unk", otherwise: false);
        if (model.Flag("byte_fallback", otherwise: false))
        {
            _byteIds = (prefix + suffix).Length > 0 ? throw model.Wrong("has 'byte_fallback' beside a prefix or suffix, which is not supported")
                : [.. Enumerable.Range(0, 256).Select(value => Find(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")) ?? -1)];
        }

        foreach (var (entry, id) in merges.Table.Ids)
        {
            if (CodePoints.Count(entry) == 1)
            {
                _characters[CodePoints.At(entry, 0, out _)] = id;
            }
        }
    }

    public override int? Unknown => _unknown;

    public override string Type => "BPE";

    public override IReadOnlyList<string?> Entries => _merges.Table.Entries;

    public override int Count => _merges.Table.Count;

    /// <summary>
    /// Whether a text may be cut in front of each run of a mark without changing its tokens: the mark is an entry, and
    /// no merge makes one where it follows another character. A text in one piece is slow to merge, and no part of it
    /// can be remembered.
    /// </summary>
    public bool CutsBefore(char mark) => !_merges.IgnoreMerges && _prefix.Length == 0 && _suffix.Length == 0 && _characters.ContainsKey(mark)
        && _merges.Merged.All(id => !MarkInside(Entries[id]!, mark));

    /// <summary>Reads a BPE: over bytes where the words are spelled as such, else over characters.</summary>
    public static WordModel Read(TokenizerComponent model, bool spelledAsBytes)
    {
        if (model.Find("dropout") is { } dropout && !(dropout.ValueKind == System.Text.Json.JsonValueKind.Number && dropout.GetDouble() == 0))
        {
            throw model.Wrong("has a 'dropout', which is not supported: the same text would have different tokens");
        }

        var prefix = model.OptionalText("continuing_subword_prefix") ?? "";
        var suffix = model.OptionalText("end_of_word_suffix") ?? "";
        var merges = MergeList.Read(model, prefix);
        var characters = new CharacterBpe(merges, model, prefix, suffix);
        return spelledAsBytes && prefix.Length == 0 && suffix.Length == 0 && ByteBpe.From(merges) is { } bytes ? bytes : characters;
    }

    public override int? Find(string entry) => _merges.Table.Ids.TryGetValue(entry, out var id) ? id : null;

    public override void Cut(ReadOnlySpan<char> word, List<WordToken> tokens, CancellationToken cancellation)
    {
        if (_merges.IgnoreMerges && _merges.Table.Lookup.TryGetValue(word, out var whole))
        {
            tokens.Add(new WordToken(whole, 0, Encoding.UTF8.GetByteCount(word)));
            return;
        }

        var first = tokens.Count;
        AddSymbols(word, tokens);
        var left = _merger.Merge(CollectionsMarshal.AsSpan(tokens)[first..], cancellation);
        tokens.RemoveRange(first + left, tokens.Count - first - left);
    }

    private static bool MarkInside(string entry, char mark)
    {
        for (var at = 1; at < entry.Length; at++)
        {
            if (entry[at] == mark && entry[at - 1] != mark)
            {
                return true;
            }
        }

        return false;
    }

    private void AddSymbols(ReadOnlySpan<char> word, List<WordToken> symbols)
    {
        WordToken? unknown = null;
        Span<byte> bytes = stackalloc byte[4];
        for (int at = 0, units, place = 0, end; at < word.Length; at += units, place = end)
        {
            var point = CodePoints.At(word, at, out units);
            end = place + CodePoints.Utf8Length(point);
            if (Symbol(word, at, units, point) is { } id)
            {
                Flush();
                symbols.Add(new WordToken(id, place, end));
            }
            else if (_byteIds is not null && AddBytes(new Rune(point).EncodeToUtf8(bytes), bytes, place, symbols))
            {
                continue; // As in the reference, an unknown in front of it stays open.
            }
            else if (_unknown is { } token)
            {
                if (token == Missing)
                {
                    throw new TokenizationException("the vocabulary has no unknown token for a character of this text");
                }

                if (!_fuseUnknown)
                {
                    Flush();
                }

                unknown = new WordToken(token, unknown?.Start ?? place, end);
            }
        }

        Flush();

        void Flush()
        {
            if (unknown is { } open)
            {
                symbols.Add(open);
                unknown = null;
            }
        }
    }

    private bool AddBytes(int length, ReadOnlySpan<byte> bytes, int place, List<WordToken> symbols)
    {
        foreach (var value in bytes[..length])
        {
            if (_byteIds![value] < 0)
            {
                return false;
            }
        }

        for (var index = 0; index < length; index++)
        {
            symbols.Add(new WordToken(_byteIds![bytes[index]], place + index, place + index + 1));
        }

        return true;
    }

    private int? Symbol(ReadOnlySpan<char> word, int at, int units, int point)
    {
        var prefix = at > 0 ? _prefix : "";
        var suffix = at + units == word.Length ? _suffix : "";
        if (prefix.Length == 0 && suffix.Length == 0)
        {
            return _characters.TryGetValue(point, out var id) ? id : null;
        }

        return _merges.Table.Ids.TryGetValue(string.Concat(prefix, word.Slice(at, units), suffix), out var marked) ? marked : null;
    }
}
