namespace GenAiLab.Models.Tokenization;

/// <summary>Text to token ids and back by a tokenizer.json, the format of Hugging Face's tokenizers. Immutable; safe for use by several threads.</summary>
public sealed class TextTokenizer
{
    private readonly ByteLevelBpe _bpe;

    private TextTokenizer(ByteLevelBpe bpe) => _bpe = bpe;

    /// <summary>SHA-256 of tokenizer.json, lower-case hexadecimal.</summary>
    public string Sha256 => _bpe.Sha256;

    /// <summary>One more than the largest id, special tokens included.</summary>
    public int VocabularySize => _bpe.VocabularySize;

    /// <summary>The model's name in the file: BPE, WordPiece, Unigram or WordLevel.</summary>
    public string ModelType => "BPE";

    /// <summary>Added tokens and their ids: those that control a model, and <see cref="TextTokens"/>.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _bpe.SpecialTokens;

    /// <summary>Ids of those added tokens that are part of a text where a model writes them, such as the marks around a tool call.</summary>
    public IReadOnlySet<int> TextTokens => _bpe.TextTokens;

    /// <summary>Reads a tokenizer.json.</summary>
    /// <exception cref="Folders.ModelFolderException">It is missing, damaged, or has a component that is not supported.</exception>
    public static TextTokenizer Load(string path) => new(ByteLevelBpe.Load(path));

    /// <summary>Reads the content of a tokenizer.json.</summary>
    /// <exception cref="Folders.ModelFolderException">It is damaged, or has a component that is not supported.</exception>
    public static TextTokenizer Parse(byte[] json) => new(new ByteLevelBpe(TokenizerDefinition.Parse(json), json));

    /// <summary>Tokens of a text with their places.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="addSpecialTokens">Adds what the post-processor adds, 0 bytes long.</param>
    /// <param name="parseSpecialTokens">Reads special tokens spelled out in the text as such.</param>
    /// <param name="cancellation">Looked at between words.</param>
    public IReadOnlyList<TokenSpan> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return _bpe.Encode(text, addSpecialTokens, parseSpecialTokens);
    }

    /// <summary>Tokens of a text with their places, nothing added.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD.</param>
    /// <param name="controlRanges">
    /// Where special tokens spelled out are read as such, if they lie wholly in one range; elsewhere they are text.
    /// In UTF-16 code units, in order, apart from each other.
    /// </param>
    /// <param name="cancellation">Looked at between words.</param>
    public IReadOnlyList<TokenSpan> Encode(string text, IReadOnlyList<(int Start, int Length)> controlRanges, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return _bpe.Encode(text, controlRanges);
    }

    /// <summary>Appends the ids of a text, nothing added, special tokens in it taken as text: the fast path, without places.</summary>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> ids, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ids.AddRange(_bpe.EncodeIds(text.ToString()));
    }

    /// <summary>How many tokens a text has.</summary>
    /// <inheritdoc cref="Encode(string, bool, bool, CancellationToken)"/>
    public int Count(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation = default) =>
        Encode(text, addSpecialTokens, parseSpecialTokens, cancellation).Count;

    /// <summary>The text of tokens, as the file's decoder joins them; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Ids of the vocabulary; those that stand for nothing are passed over.</param>
    /// <param name="skipSpecialTokens">Leaves out control tokens, but not <see cref="TextTokens"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No token has one of the ids.</exception>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens)
    {
        var stream = OpenStream(skipSpecialTokens);
        return string.Concat(ids.Select(stream.Push)) + stream.Finish();
    }

    /// <summary>A decoder for ids that come one by one.</summary>
    /// <param name="skipSpecialTokens">Leaves out control tokens, but not <see cref="TextTokens"/>.</param>
    public TokenTextStream OpenStream(bool skipSpecialTokens)
    {
        var control = SpecialTokens.Values.Except(TextTokens).ToHashSet();
        return new TokenTextStream(id => skipSpecialTokens && control.Contains(id) ? default : TokenBytes(id));
    }

    /// <summary>The bytes that a token stands for within a text.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public ReadOnlyMemory<byte> TokenBytes(int id) => _bpe.TokenBytes(id);

    /// <summary>A token as it is spelled in the vocabulary; null where the id stands for nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string? TokenText(int id) => _bpe.TokenText(id);
}
