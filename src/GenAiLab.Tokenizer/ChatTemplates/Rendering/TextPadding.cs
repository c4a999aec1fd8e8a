namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Texts made as wide as asked for, in code points.</summary>
internal static class TextPadding
{
    public static TextValue Pad(TextValue text, int width, TextValue fill, bool atStart)
    {
        var missing = Missing(text, width);
        return missing == 0 ? text.AsPlain() : atStart ? Repeat(fill, missing).Append(text) : text.Append(Repeat(fill, missing));
    }

    public static TextValue Center(TextValue text, int width, TextValue fill)
    {
        // Where the sides cannot be equal, Python's choice of the longer one.
        var missing = Missing(text, width);
        var left = (missing / 2) + (missing & width & 1);
        return Repeat(fill, left).Append(text).Append(Repeat(fill, missing - left));
    }

    /// <summary>With zeros after the sign.</summary>
    public static TextValue FillZeros(TextValue text, int width)
    {
        var sign = text.Text.StartsWith('-') || text.Text.StartsWith('+') ? 1 : 0;
        return text.Cut(0, sign).Append(Repeat(TextValue.Trusted("0"), Missing(text, width))).Append(text.Cut(sign, text.Text.Length));
    }

    public static TextValue Repeat(TextValue fill, int times)
    {
        RenderBudget.LimitLength((long)fill.Text.Length * times);
        var repeated = new TextValue.Builder();
        for (; times > 0; times--)
        {
            repeated.Append(fill);
        }

        return repeated.Build();
    }

    private static int Missing(TextValue text, int width)
    {
        RenderBudget.LimitLength(width);
        return Math.Max(0, width - text.CodePoints);
    }
}
