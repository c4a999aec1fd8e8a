using GenAiLab.Media;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Tokenizer.ChatTemplates;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>The vocabulary of a model folder: its tokenizer.json, and its chat template and media codec where it has them.</summary>
internal sealed class FolderVocabulary : TokenizerVocabulary
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "tokenizer.json";

    private const long MaximumBytes = 64 * 1024 * 1024;

    private FolderVocabulary(string name, TextTokenizer tokenizer)
        : base(name, tokenizer)
    {
    }

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
            var vocabulary = new FolderVocabulary(Path.GetFileName(folder), tokenizer)
            {
                ChatTemplate = template,
                ChatTemplateFailure = failure,
                Media = MediaCodecFile.IsIn(folder) ? MediaCodecFile.Read(folder, tokenizer.VocabularySize) : null,
            };
            return vocabulary.Size > 0 ? vocabulary : throw new ModelFolderException(FileName, "it holds no token");
        }
        catch (Exception error) when (error is not (ModelFolderException or OutOfMemoryException))
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

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

        return Encode(conversation.Text, ranges, cancellation);
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
}
