using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.PreTokenizers;

/// <summary>When Metaspace puts its mark in front of a text.</summary>
internal enum PrependScheme
{
    /// <summary>Only in front of what begins the original text.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>In front of each part that does not begin with it.</summary>
    Always,
}

/// <summary>SentencePiece's: a mark (U+2581) for each space, one in front, and words that begin with it.</summary>
internal sealed class MetaspaceCutter(int replacement, PrependScheme scheme, bool split) : TextCutter
{
    private readonly PatternSplit _words = new(new CharacterPattern(point => point == replacement), SplitBehavior.MergedWithNext);

    public override bool NeedsPlaces => scheme == PrependScheme.First;

    /// <summary>Reads the parameters, which pre-tokenizer and decoder share.</summary>
    public static (int Replacement, PrependScheme Scheme, bool Split) Parameters(TokenizerComponent component)
    {
        var replacement = component.Character("replacement");
        var name = component.OptionalText("prepend_scheme");
        var scheme = name switch
        {
            null or "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw component.Wrong("has a 'prepend_scheme' that is none of always, first and never"),
        };
        component.OptionalText("str_rep"); // Says the same as the replacement.
        if (!component.Flag("add_prefix_space", otherwise: true))
        {
            // What older files say; the two may not contradict each other.
            scheme = scheme == PrependScheme.Never || name is null ? PrependScheme.Never : throw component.Wrong("has an 'add_prefix_space' that does not fit its 'prepend_scheme'");
        }

        return (replacement, scheme, component.Flag("split", otherwise: true));
    }

    public static MetaspaceCutter Create(TokenizerComponent component)
    {
        var (replacement, scheme, split) = Parameters(component);
        return new MetaspaceCutter(replacement, scheme, split);
    }

    public override void Apply(TextParts parts)
    {
        parts.Rewrite(range =>
        {
            var text = parts.Text;
            var first = CodePoints.At(text.Letters, range.Start, out _);
            if (first != ' ' && first != replacement && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && text.OriginalStart(range.Start) == 0)))
            {
                text.Put(replacement, range.Start);
            }

            for (var at = range.Start; at < range.End;)
            {
                var found = text.Letters[at..range.End].IndexOf(' ');
                var end = found < 0 ? range.End : at + found;
                text.Copy(at, end);
                if (found >= 0)
                {
                    text.Put(replacement, end);
                }

                at = end + 1;
            }
        });
        if (split)
        {
            _words.Apply(parts);
        }
    }
}
