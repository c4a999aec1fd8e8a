using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using GenAiLab.Models.Folders;

namespace GenAiLab.Models.Tokenization;

/// <summary>A token of an encoded text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ByteOffset">Where it begins in the text's UTF-8.</param>
/// <param name="ByteLength">How many bytes it stands for; 0 for one that was added.</param>
/// <param name="CharOffset">Where it begins in UTF-16 code units; within a character: at that character's start.</param>
/// <param name="CharLength">How many code units it touches.</param>
/// <param name="IsSpecial">Whether it is a special token.</param>
public readonly record struct TokenSpan(int Id, int ByteOffset, int ByteLength, int CharOffset, int CharLength, bool IsSpecial);

/// <summary>
/// Byte-level byte-pair encoding by a Hugging Face tokenizer.json. Its own implementation because
/// Microsoft.ML.Tokenizers 2.0.1 reads no tokenizer.json, trains none, and is O(n²) on unbroken strings.
/// Immutable but for a bounded cache of words; safe for use by several threads.
/// </summary>
public sealed class ByteLevelBpe
{
    private const int CachedWords = 1 << 16;
    private const int CachedWordLength = 32;
    private readonly TokenizerDefinition _definition;
    private readonly byte[][] _pieces;
    private readonly int[] _byteIds = new int[256];
    private readonly BytePairMerger _merger;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly (string Text, int Id)[] _specials;
    private readonly HashSet<int> _specialIds;
    private readonly SearchValues<string> _specialTexts;
    private readonly byte[] _json;

    internal ByteLevelBpe(TokenizerDefinition definition, byte[]? json = null)
    {
        _definition = definition;
        _json = json ?? definition.ToJson();
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(_json));
        _specials = [.. definition.SpecialTokens.Select(static pair => (pair.Key, pair.Value))];
        _specialIds = [.. definition.SpecialTokens.Values];
        _specialTexts = SearchValues.Create([.. definition.SpecialTokens.Keys], StringComparison.Ordinal);
        _pieces = new byte[definition.Vocabulary.Values.Concat(_specialIds).Max() + 1][];
        Array.Fill(_pieces, []);
        foreach (var (spelling, id) in definition.Vocabulary)
        {
            _pieces[id] = _specialIds.Contains(id)
                ? Encoding.UTF8.GetBytes(spelling)
                : ByteAlphabet.Read(spelling) ?? throw new ModelFolderException(TokenizerDefinition.FileName, $"the entry with id {id} is not spelled in the byte-level alphabet");
        }

        foreach (var (text, id) in _specials)
        {
            _pieces[id] = Encoding.UTF8.GetBytes(text);
        }

        for (var value = 0; value < 256; value++)
        {
            _byteIds[value] = definition.Vocabulary.TryGetValue(ByteAlphabet.Spell([(byte)value]), out var id)
                ? id
                : throw new ModelFolderException(TokenizerDefinition.FileName, $"the vocabulary lacks the byte 0x{value:X2}");
        }

        var merges = new Dictionary<(int, int), (int, int)>();
        foreach (var (left, right) in definition.Merges)
        {
            if (!definition.Vocabulary.TryGetValue(left, out var leftId) || !definition.Vocabulary.TryGetValue(right, out var rightId)
                || !definition.Vocabulary.TryGetValue(left + right, out var merged))
            {
                throw new ModelFolderException(TokenizerDefinition.FileName, $"merge {merges.Count} names a token that is not in the vocabulary");
            }

            merges.TryAdd((leftId, rightId), (merges.Count, merged));
        }

        _merger = new BytePairMerger(merges);
    }

    /// <summary>Number of token ids, special tokens included.</summary>
    public int VocabularySize => _pieces.Length;

    /// <summary>Special tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _definition.SpecialTokens;

    /// <summary>Ids of those special tokens that are part of a text where a model writes them, such as the marks around a tool call.</summary>
    public IReadOnlySet<int> TextTokens => _definition.TextTokens;

    /// <summary>SHA-256 of tokenizer.json, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>Reads a tokenizer.json.</summary>
    /// <exception cref="ModelFolderException">It is missing, damaged, or has a component that is not supported.</exception>
    public static ByteLevelBpe Load(string path)
    {
        var json = TokenizerDefinition.ReadFile(path);
        return new ByteLevelBpe(TokenizerDefinition.Parse(json), json);
    }

    /// <summary>Writes tokenizer.json and tokenizer_config.json into a model folder.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="chatTemplate">How a conversation is spelled (Jinja); null: the folder has no chat template.</param>
    /// <param name="endOfSequenceToken">A special token of this vocabulary; null: the first one.</param>
    /// <exception cref="ArgumentException"><paramref name="endOfSequenceToken"/> is no special token.</exception>
    public void Save(string folder, string? chatTemplate = null, string? endOfSequenceToken = null)
    {
        if (endOfSequenceToken is not null && !SpecialTokens.ContainsKey(endOfSequenceToken))
        {
            throw new ArgumentException($"'{endOfSequenceToken}' is no special token of this vocabulary", nameof(endOfSequenceToken));
        }

        AtomicFile.Write(Path.Combine(folder, TokenizerDefinition.FileName), stream => stream.Write(_json));
        AtomicFile.WriteText(
            Path.Combine(folder, TokenizerDefinition.ConfigurationFileName), _definition.ToConfigurationJson(chatTemplate, endOfSequenceToken));
    }

    /// <summary>The bytes that a token stands for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public ReadOnlyMemory<byte> TokenBytes(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, _pieces.Length);
        return _pieces[id];
    }

    internal string? TokenText(int id)
    {
        var piece = TokenBytes(id);
        return piece.IsEmpty ? null : _specialIds.Contains(id) ? Encoding.UTF8.GetString(piece.Span) : ByteAlphabet.Spell(piece.Span);
    }

    /// <summary>Token ids of a text, nothing added, special tokens in it taken as text.</summary>
    public int[] EncodeIds(string text)
    {
        var ids = new List<int>(text.Length / 3);
        EncodeOrdinary(text, ids);
        return [.. ids];
    }

    /// <summary>Tokens of a text with their places.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="addSpecialTokens">Adds what the post-processor adds in front.</param>
    /// <param name="parseSpecialTokens">Reads special tokens spelled out in the text as such.</param>
    public IReadOnlyList<TokenSpan> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens)
    {
        var spans = new List<TokenSpan>();
        if (addSpecialTokens)
        {
            spans.AddRange(_definition.Prefix.Select(static id => new TokenSpan(id, 0, 0, 0, 0, true)));
        }

        Encode(text, parseSpecialTokens ? [(0, text.Length)] : [], spans);
        return spans;
    }

    /// <summary>Tokens of a text with their places, nothing added.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="controlRanges">
    /// Where special tokens spelled out are read as such, if they lie wholly in one range; elsewhere they are text.
    /// In UTF-16 code units, in order, apart from each other.
    /// </param>
    public IReadOnlyList<TokenSpan> Encode(string text, IReadOnlyList<(int Start, int Length)> controlRanges)
    {
        var spans = new List<TokenSpan>();
        Encode(text, controlRanges, spans);
        return spans;
    }

    /// <summary>The text of tokens; bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<int> ids) => Encoding.UTF8.GetString([.. ids.SelectMany(id => TokenBytes(id).ToArray())]);

    // What lies between two special tokens is cut as one text, wherever its parts come from.
    private void Encode(string text, IReadOnlyList<(int Start, int Length)> controlRanges, List<TokenSpan> spans)
    {
        var offsets = new CharacterCursor(text);
        var ordinary = 0;
        foreach (var (start, length) in controlRanges)
        {
            var range = text.AsSpan(start, length);
            for (int from = 0, found; (found = range[from..].IndexOfAny(_specialTexts)) >= 0;)
            {
                from += found;
                var special = LongestSpecial(range[from..]);
                AddOrdinary(start + from);
                spans.Add(offsets.Take(special.Id, Encoding.UTF8.GetByteCount(special.Text), special: true));
                from += special.Text.Length;
                ordinary = start + from;
            }
        }

        AddOrdinary(text.Length);

        void AddOrdinary(int end)
        {
            var ids = new List<int>();
            EncodeOrdinary(text.AsSpan(ordinary, end - ordinary), ids);
            foreach (var id in ids)
            {
                spans.Add(offsets.Take(id, _pieces[id].Length, special: false));
            }
        }
    }

    private void EncodeOrdinary(ReadOnlySpan<char> text, List<int> output)
    {
        var cached = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var match in PreTokenizer.Words(text))
        {
            var word = text.Slice(match.Index, match.Length);
            if (word.Length <= CachedWordLength && cached.TryGetValue(word, out var known))
            {
                output.AddRange(known);
                continue;
            }

            var before = output.Count;
            var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
            Encoding.UTF8.GetBytes(word, bytes);
            _merger.Merge(Array.ConvertAll(bytes, value => _byteIds[value]), output);
            if (word.Length <= CachedWordLength && _cache.Count < CachedWords)
            {
                cached.TryAdd(word, [.. output.Skip(before)]);
            }
        }
    }

    private (string Text, int Id) LongestSpecial(ReadOnlySpan<char> text)
    {
        (string Text, int Id) longest = ("", default);
        foreach (var special in _specials)
        {
            if (special.Text.Length > longest.Text.Length && text.StartsWith(special.Text, StringComparison.Ordinal))
            {
                longest = special;
            }
        }

        return longest;
    }
}
