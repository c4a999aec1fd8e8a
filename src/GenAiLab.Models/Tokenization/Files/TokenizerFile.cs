using System.Text.Json;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization.Decoders;
using GenAiLab.Models.Tokenization.Models;
using GenAiLab.Models.Tokenization.Normalizers;
using GenAiLab.Models.Tokenization.PreTokenizers;

namespace GenAiLab.Models.Tokenization.Files;

/// <summary>The content of a tokenizer.json, the format of Hugging Face's tokenizers. A part that is not supported is refused by its name.</summary>
internal sealed record TokenizerFile(
    IReadOnlyList<AddedToken> AddedTokens, TextNormalizer? Normalizer, TextCutter? Cutter, WordModel Model, PostProcessor PostProcessor, TokenDecoder Decoder)
{
    /// <summary>The parts by name.</summary>
    public TokenizerComponents Components { get; init; } = TokenizerComponents.None;

    public const string FileName = "tokenizer.json";

    /// <summary>Ids are below it.</summary>
    public const int MaximumEntries = 1 << 20;

    /// <summary>The most tokens that a post-processor may add.</summary>
    public const int MaximumAdded = 64;

    /// <summary>The most ids that a small vocabulary may leave out.</summary>
    public const int AllowedGap = 1024;

    private const int MaximumBytes = 64 * 1024 * 1024;

    private static readonly string[] Parts =
        ["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"];

    /// <summary>Reads a file of bounded size.</summary>
    public static byte[] ReadBytes(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw TokenizerComponent.Refused("the file is missing");
            }

            return info.Length <= MaximumBytes ? File.ReadAllBytes(path) : throw TooLarge();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(FileName, "cannot be read", error);
        }
    }

    /// <summary>Reads the content of a file.</summary>
    /// <exception cref="ModelFolderException">It is damaged, or has a part that is not supported.</exception>
    public static TokenizerFile Parse(byte[] json)
    {
        if (json.Length > MaximumBytes)
        {
            throw TooLarge();
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(FileName, "not valid JSON; truncated?", error);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new ModelFolderException(FileName, "a value has the wrong type", error); // A text that is no UTF-16, for one.
        }
    }

    // truncation and padding are read over: a service answers with all of a text and nothing but it; whoever wants less cuts it.
    private static TokenizerFile Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw TokenizerComponent.Refused("it is no object");
        }

        foreach (var part in root.EnumerateObject())
        {
            if (!Parts.Contains(part.Name, StringComparer.Ordinal))
            {
                throw TokenizerComponent.Refused($"it has a part '{part.Name[..Math.Min(part.Name.Length, 40)]}', which is not supported");
            }
        }

        if (root.TryGetProperty("version", out var version) && version.ValueKind != JsonValueKind.Null && !(version.ValueKind == JsonValueKind.String && version.ValueEquals("1.0")))
        {
            throw TokenizerComponent.Refused("its version is not 1.0");
        }

        var normalizer = Part(root, "normalizer") is { } normal ? TextNormalizer.Read(normal) : null;
        var (cutter, bytes) = WithoutSpelling(Part(root, "pre_tokenizer") is { } cut ? TextCutter.Read(cut) : null);
        var model = ReadModel(Part(root, "model") ?? throw TokenizerComponent.Refused("it has no model"), spelledAsBytes: bytes is not null);
        if (bytes is not null)
        {
            cutter = model is ByteBpe ? bytes : cutter;
        }
        else if (cutter is null && model is CharacterBpe characters && characters.CutsBefore('\u2581'))
        {
            cutter = new MarkCutter('\u2581');
        }

        var tokens = AddedToken.Read(root, model);
        return new TokenizerFile(tokens, normalizer, cutter, model, PostProcessor.Read(root), TokenDecoder.Read(root)) { Components = TokenizerComponents.Read(root) };
    }

    private static TokenizerComponent? Part(JsonElement root, string name) =>
        root.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? new TokenizerComponent(part, name) : null;

    private static WordModel ReadModel(TokenizerComponent component, bool spelledAsBytes)
    {
        // Files of before 2020 leave the model's name out.
        var type = component.Type.Length > 0 ? component.Type
            : component.Has("merges") ? "BPE" : component.Has("max_input_chars_per_word") ? "WordPiece" : component.Has("unk_id") ? "Unigram" : "WordLevel";
        WordModel model = type switch
        {
            "BPE" => CharacterBpe.Read(component, spelledAsBytes),
            "WordPiece" => WordPiece.Read(component),
            "Unigram" => Unigram.Read(component),
            "WordLevel" => WordLevel.Read(component),
            _ => throw component.Unsupported(),
        };
        component.Done();
        return model;
    }

    // A pre-tokenizer that ends with spelling bytes as letters, without that: for a model that takes bytes.
    private static (TextCutter? Cutter, TextCutter? Bytes) WithoutSpelling(TextCutter? cutter)
    {
        switch (cutter)
        {
            case ByteLevelCutter last:
                return (cutter, new ByteWordCutter(last));
            case CutterSequence { Cutters: [.. var before, ByteLevelCutter last] } when !before.Any(Spells):
                return (cutter, new CutterSequence([.. before, new ByteWordCutter(last)]));
            default:
                return (cutter, null);
        }

        static bool Spells(TextCutter one) => one is ByteLevelCutter || (one is CutterSequence sequence && sequence.Cutters.Any(Spells));
    }

    private static ModelFolderException TooLarge() => TokenizerComponent.Refused($"larger than {MaximumBytes:N0} bytes");
}
