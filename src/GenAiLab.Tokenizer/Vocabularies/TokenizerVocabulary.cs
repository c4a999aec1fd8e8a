using GenAiLab.Media;
using GenAiLab.Models.Tokenization;
using GenAiLab.ServiceDefaults;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>A tokenizer that is served under a name.</summary>
internal class TokenizerVocabulary : IVocabulary
{
    private readonly TextTokenizer _tokenizer;
    private readonly HashSet<int> _control;

    public TokenizerVocabulary(string name, TextTokenizer tokenizer)
    {
        (Name, _tokenizer) = (name, tokenizer);
        SpecialTokens = [.. tokenizer.SpecialTokens.Select(static token => (token.Key, token.Value)).OrderBy(static token => token.Value)];
        _control = [.. tokenizer.SpecialTokens.Values.Except(tokenizer.TextTokens)];
    }

    /// <summary>What cuts its texts.</summary>
    public TextTokenizer Tokenizer => _tokenizer;

    public string Name { get; }

    public string Sha256 => _tokenizer.Sha256;

    public int Size => _tokenizer.VocabularySize;

    public string Kind => _tokenizer.ModelType;

    public int? UnknownId => _tokenizer.UnknownId;

    public MediaTokens? Media { get; protected init; }

    public IReadOnlyList<(string Text, int Id)> SpecialTokens { get; }

    public bool IsSpecial(int id) => _control.Contains(id);

    public ReadOnlyMemory<byte> Piece(int id) => _tokenizer.TokenBytes(id);

    public IReadOnlyList<EncodedToken> Encode(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation) =>
        Cut(() => Map(_tokenizer.Encode(text, addSpecialTokens, parseSpecialTokens, cancellation)));

    public int Count(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation) =>
        Cut(() => _tokenizer.Count(text, addSpecialTokens, parseSpecialTokens, cancellation));

    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens) => _tokenizer.Decode(ids, skipSpecialTokens);

    public TokenTextStream OpenStream(bool skipSpecialTokens) => _tokenizer.OpenStream(skipSpecialTokens);

    /// <summary>Cuts a text in which special tokens are read within some ranges, and only there.</summary>
    protected IReadOnlyList<EncodedToken> Encode(string text, IReadOnlyList<(int Start, int Length)> controlRanges, CancellationToken cancellation) =>
        Cut(() => Map(_tokenizer.Encode(text, controlRanges, cancellation)));

    // The vocabulary has no token for a part of the text, or an expression that takes too long on it: another text helps.
    private static T Cut<T>(Func<T> cut)
    {
        try
        {
            return cut();
        }
        catch (TokenizationException error)
        {
            throw RpcErrors.InvalidArgument("text", error.Message);
        }
    }

    private static EncodedToken[] Map(IReadOnlyList<TokenSpan> spans)
    {
        var tokens = new EncodedToken[spans.Count];
        for (var at = 0; at < tokens.Length; at++)
        {
            tokens[at] = new EncodedToken(spans[at].Id, spans[at].ByteOffset, spans[at].ByteLength);
        }

        return tokens;
    }
}
