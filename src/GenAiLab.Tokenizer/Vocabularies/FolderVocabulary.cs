using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>The vocabulary of a model folder: its tokenizer.json.</summary>
internal sealed class FolderVocabulary : IVocabulary
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "tokenizer.json";

    private const long MaximumBytes = 64 * 1024 * 1024;

    private readonly ByteLevelBpe _bpe;
    private readonly HashSet<int> _special;

    private FolderVocabulary(string name, ByteLevelBpe bpe)
    {
        Name = name;
        _bpe = bpe;
        _special = [.. bpe.SpecialTokens.Values];
    }

    public string Name { get; }

    public string Sha256 => _bpe.Sha256;

    public int Size => _bpe.VocabularySize;

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

            var vocabulary = new FolderVocabulary(Path.GetFileName(folder), ByteLevelBpe.Load(path));
            return vocabulary.Size > 0 ? vocabulary : throw new ModelFolderException(FileName, "it holds no token");
        }
        catch (Exception error) when (error is not (ModelFolderException or OutOfMemoryException))
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

    public bool IsSpecial(int id) => _special.Contains(id);

    public ReadOnlyMemory<byte> Piece(int id) => _bpe.TokenBytes(id);

    public IReadOnlyList<EncodedToken> Encode(
        string text, bool addSpecialTokens, bool parseSpecialTokens, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var spans = _bpe.Encode(text, addSpecialTokens, parseSpecialTokens);
        var tokens = new EncodedToken[spans.Count];
        for (var at = 0; at < tokens.Length; at++)
        {
            tokens[at] = new EncodedToken(spans[at].Id, spans[at].ByteOffset, spans[at].ByteLength);
        }

        return tokens;
    }
}
