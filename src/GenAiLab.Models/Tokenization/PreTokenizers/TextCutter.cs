using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.PreTokenizers;

/// <summary>Cuts a text into words, within which the model looks for tokens. Immutable and thread-safe.</summary>
internal abstract class TextCutter
{
    /// <summary>Whether it asks where a range lies in the original text.</summary>
    public virtual bool NeedsPlaces => false;

    public abstract void Apply(TextParts parts);

    /// <summary>Reads a pre_tokenizer of tokenizer.json.</summary>
    /// <exception cref="Folders.ModelFolderException">It is not supported, or wrong.</exception>
    public static TextCutter Read(TokenizerComponent component)
    {
        var cutter = Create(component);
        component.Done();
        return cutter;
    }

    private static TextCutter Create(TokenizerComponent component)
    {
        switch (component.Type)
        {
            case "Sequence":
                return new CutterSequence([.. component.Parts("pretokenizers").Select(Read)]);
            case "ByteLevel":
                component.Flag("trim_offsets", otherwise: true); // A token's place holds its space: its bytes do, too.
                return new ByteLevelCutter(component.Flag("add_prefix_space"), component.Flag("use_regex", otherwise: true));
            case "Split":
                return new PatternCutter(new PatternSplit(component.Pattern("pattern"), Behavior(component, null), component.Flag("invert")));
            case "Metaspace":
                return MetaspaceCutter.Create(component);
            case "BertPreTokenizer":
                return new CutterSequence([
                    new PatternCutter(new PatternSplit(new CharacterPattern(CharacterKinds.IsWhiteSpace), SplitBehavior.Removed)),
                    new PatternCutter(new PatternSplit(new CharacterPattern(CharacterKinds.IsPunctuation), SplitBehavior.Isolated)),
                ]);
            case "Whitespace":
                return new PatternCutter(new PatternSplit(
                    new ClassRunPattern(static point => CharacterKinds.IsWord(point) ? 1 : CharacterKinds.IsWhiteSpace(point) ? 0 : 2), SplitBehavior.Removed, invert: true));
            case "WhitespaceSplit":
                return new PatternCutter(new PatternSplit(new CharacterPattern(CharacterKinds.IsWhiteSpace), SplitBehavior.Removed));
            case "Punctuation":
                return new PatternCutter(new PatternSplit(new CharacterPattern(CharacterKinds.IsPunctuation), Behavior(component, SplitBehavior.Isolated)));
            case "Digits":
                return new PatternCutter(new PatternSplit(
                    new CharacterPattern(CharacterKinds.IsNumeric), component.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
            case "CharDelimiterSplit":
                var delimiter = component.Character("delimiter");
                return new PatternCutter(new PatternSplit(new CharacterPattern(point => point == delimiter), SplitBehavior.Removed));
            case "UnicodeScripts":
                return new ScriptCutter();
            case "FixedLength":
                return new FixedLengthCutter(component.OptionalNumber("length") ?? 5, component);
            default:
                throw component.Unsupported();
        }
    }

    private static SplitBehavior Behavior(TokenizerComponent component, SplitBehavior? otherwise)
    {
        var name = otherwise is null ? component.Text("behavior") : component.OptionalText("behavior");
        return name is null ? otherwise!.Value
            : Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.GetName(behavior) == name ? behavior
            : throw component.Wrong($"has the behavior '{name[..Math.Min(name.Length, 40)]}', which is not supported");
    }
}

/// <summary>One after the other.</summary>
internal sealed class CutterSequence(TextCutter[] cutters) : TextCutter
{
    public TextCutter[] Cutters => cutters;

    public override bool NeedsPlaces => cutters.Any(static cutter => cutter.NeedsPlaces);

    public override void Apply(TextParts parts)
    {
        foreach (var cutter in cutters)
        {
            cutter.Apply(parts);
        }
    }
}

/// <summary>Cuts by a pattern.</summary>
internal sealed class PatternCutter(PatternSplit split) : TextCutter
{
    public override void Apply(TextParts parts) => split.Apply(parts);
}
