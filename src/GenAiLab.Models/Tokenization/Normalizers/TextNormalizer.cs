using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Text;
using GenAiLab.Models.Tokenization.Unicode;

namespace GenAiLab.Models.Tokenization.Normalizers;

/// <summary>Changes a text before it is cut. Immutable and thread-safe.</summary>
internal abstract class TextNormalizer
{
    public abstract void Apply(AlignedText text, CancellationToken cancellation);

    /// <summary>The normal form of a short text.</summary>
    public string Apply(string value)
    {
        var text = new AlignedText();
        text.Reset(value, 0, keepPlaces: false);
        Apply(text, CancellationToken.None);
        return text.Letters.ToString();
    }

    /// <summary>Reads a normalizer of tokenizer.json.</summary>
    /// <exception cref="Folders.ModelFolderException">It is not supported, or wrong.</exception>
    public static TextNormalizer Read(TokenizerComponent component)
    {
        var normalizer = Create(component);
        component.Done();
        return normalizer;
    }

    private static TextNormalizer Create(TokenizerComponent component)
    {
        switch (component.Type)
        {
            case "Sequence":
                return new NormalizerSequence([.. component.Parts("normalizers").Select(Read)]);
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                return new FormNormalizer(new UnicodeNormalizer(component.Type.Contains('K', StringComparison.Ordinal), component.Type.EndsWith('C')));
            case "Lowercase":
                return new LowercaseNormalizer();
            case "StripAccents":
                return new RemovingNormalizer(static point => point < 0x300 || !CharacterKinds.IsMark(point));
            case "Nmt":
                return new NmtNormalizer();
            case "ByteLevel":
                return new ByteLevelNormalizer();
            case "Strip":
                return new StripNormalizer(component.Flag("strip_left"), component.Flag("strip_right"));
            case "Prepend":
                return new PrependNormalizer(component.Text("prepend"));
            case "Replace":
                return new ReplaceNormalizer(component.Pattern("pattern"), component.Text("content"));
            case "Precompiled":
                return PrecompiledNormalizer.Parse(component.OptionalText("precompiled_charsmap") ?? "", component);
            case "BertNormalizer":
                var lowercase = component.Flag("lowercase");
                return new BertNormalizer(
                    component.Flag("clean_text"), component.Flag("handle_chinese_chars"), component.Flag("strip_accents", lowercase), lowercase);
            default:
                throw component.Unsupported();
        }
    }
}

/// <summary>One after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<TextNormalizer> normalizers) : TextNormalizer
{
    public override void Apply(AlignedText text, CancellationToken cancellation)
    {
        foreach (var normalizer in normalizers)
        {
            normalizer.Apply(text, cancellation);
        }
    }
}
