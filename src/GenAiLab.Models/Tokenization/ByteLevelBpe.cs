using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization.Files;

namespace GenAiLab.Models.Tokenization;

/// <summary>
/// A vocabulary of byte-level byte-pair encoding, the kind that is trained here: what <see cref="TextTokenizer"/> does,
/// and what a model folder needs. Immutable; safe for use by several threads.
/// </summary>
public sealed class ByteLevelBpe
{
    private readonly TextTokenizer _tokenizer;
    private readonly byte[] _json;

    internal ByteLevelBpe(byte[] json)
    {
        (_json, _tokenizer) = (json, TextTokenizer.Parse(json));
        if (!_tokenizer.IsByteLevel)
        {
            throw new ModelFolderException(TokenizerFile.FileName, "it is not byte-level BPE, which is what is trained here");
        }
    }

    /// <summary>Number of token ids, special tokens included.</summary>
    public int VocabularySize => _tokenizer.VocabularySize;

    /// <summary>Special tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _tokenizer.SpecialTokens;

    /// <summary>Ids of those special tokens that are part of a text where a model writes them, such as the marks around a tool call.</summary>
    public IReadOnlySet<int> TextTokens => _tokenizer.TextTokens;

    /// <summary>SHA-256 of tokenizer.json, lower-case hexadecimal.</summary>
    public string Sha256 => _tokenizer.Sha256;

    /// <summary>Reads a tokenizer.json.</summary>
    /// <exception cref="ModelFolderException">It is missing, damaged, or not byte-level BPE.</exception>
    public static ByteLevelBpe Load(string path) => new(TokenizerFile.ReadBytes(path));

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

        AtomicFile.Write(Path.Combine(folder, TokenizerFile.FileName), stream => stream.Write(_json));
        AtomicFile.WriteText(
            Path.Combine(folder, TrainedVocabulary.ConfigurationFileName),
            TrainedVocabulary.ToConfigurationJson(SpecialTokens.First().Key, chatTemplate, endOfSequenceToken));
    }

    /// <inheritdoc cref="TextTokenizer.TokenBytes"/>
    public ReadOnlyMemory<byte> TokenBytes(int id) => _tokenizer.TokenBytes(id);

    /// <summary>Token ids of a text, nothing added, special tokens in it taken as text.</summary>
    public int[] EncodeIds(string text)
    {
        var ids = new List<int>(text.Length / 3);
        _tokenizer.EncodeIds(text, ids);
        return [.. ids];
    }

    /// <inheritdoc cref="TextTokenizer.Encode(string, bool, bool, CancellationToken)"/>
    public IReadOnlyList<TokenSpan> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens) =>
        _tokenizer.Encode(text, addSpecialTokens, parseSpecialTokens);

    /// <inheritdoc cref="TextTokenizer.Encode(string, IReadOnlyList{ValueTuple{int, int}}, CancellationToken)"/>
    public IReadOnlyList<TokenSpan> Encode(string text, IReadOnlyList<(int Start, int Length)> controlRanges) => _tokenizer.Encode(text, controlRanges);

    /// <summary>The text of tokens; bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<int> ids) => _tokenizer.Decode([.. ids], skipSpecialTokens: false);
}
