using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Tokenizer.ChatTemplates;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>The vocabulary of a model folder: its tokenizer.json, and its chat template where it has one.</summary>
internal sealed class FolderVocabulary : IVocabulary
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "tokenizer.json";

    private const long MaximumBytes = 64 * 1024 * 1024;

    private readonly TextTokenizer _tokenizer;
    private readonly HashSet<int> _special;

    private FolderVocabulary(string name, TextTokenizer tokenizer)
    {
        Name = name;
        _tokenizer = tokenizer;
        SpecialTokens = [.. tokenizer.SpecialTokens.Select(static token => (token.Key, token.Value)).OrderBy(static token => token.Value)];
        _special = [.. tokenizer.SpecialTokens.Values.Except(tokenizer.TextTokens)];
    }

    public string Name { get; }

    public string Sha256 => _tokenizer.Sha256;

    public int Size => _tokenizer.VocabularySize;

    public string Kind => _tokenizer.ModelType;

    public IReadOnlyList<(string Text, int Id)> SpecialTokens { get; }

    /// <summary>How it spells conversations; null where the folder does not say, or not so that we understand it.</summary>
    public ChatTemplate? ChatTemplate { get; private init; }

    /// <summary>Why the folder's chat template is refused; null where it is not. Texts can be encoded all the same.</summary>
    public string? ChatTemplateFailure { get; private init; }

    /// <summary>Reads and checks a folder's vocabulary.</summary>
    /// <exception cref="ModelFolderException">The file cannot be used.</exception>
    public static FolderVocabulary Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            if (new FileInfo(path).Length > MaximumBytes)
            {
                throw new ModelFolderException(FileName, $"larger than {MaximumBytes:N0} bytes");
            }

            var tokenizer = TextTokenizer.Load(path);
            var (template, failure) = ReadChatTemplate(folder);
            var vocabulary = new FolderVocabulary(Path.GetFileName(folder), tokenizer) { ChatTemplate = template, ChatTemplateFailure = failure };
            return vocabulary.Size > 0 ? vocabulary : throw new ModelFolderException(FileName, "it holds no token");
        }
        catch (Exception error) when (error is not (ModelFolderException or OutOfMemoryException))
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

    public bool IsSpecial(int id) => _special.Contains(id);

    public ReadOnlyMemory<byte> Piece(int id) => _tokenizer.TokenBytes(id);

    public IReadOnlyList<EncodedToken> Encode(
        string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation) =>
        Map(_tokenizer.Encode(text, addSpecialTokens, parseSpecialTokens, cancellation));

    public int Count(string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation) =>
        _tokenizer.Count(text, addSpecialTokens, parseSpecialTokens, cancellation);

    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens) => _tokenizer.Decode(ids, skipSpecialTokens);

    public TokenTextStream OpenStream(bool skipSpecialTokens) => _tokenizer.OpenStream(skipSpecialTokens);

    /// <summary>Cuts a rendered conversation: special tokens are read where the template wrote them, and only there.</summary>
    public IReadOnlyList<EncodedToken> Encode(TextValue conversation, CancellationToken cancellation)
    {
        var ranges = new List<(int Start, int Length)>();
        var at = 0;
        foreach (var run in conversation.Runs)
        {
            if (run.Trusted)
            {
                ranges.Add((at, run.Length));
            }

            at += run.Length;
        }

        return Map(_tokenizer.Encode(conversation.Text, ranges, cancellation));
    }

    private static (ChatTemplate? Template, string? Failure) ReadChatTemplate(string folder)
    {
        try
        {
            return (ChatTemplateFile.Read(folder), null);
        }
        catch (ModelFolderException error)
        {
            return (null, error.Message);
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
