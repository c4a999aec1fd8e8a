namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The filter escape.</summary>
internal static class Html
{
    public static TextValue Escape(TextValue text) => text.IsEscaped ? text : text.MapCodePoints(static (whole, at) => whole[at] switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '\'' => "&#39;",
        '"' => "&#34;",
        _ => whole.Substring(at, at + 1 < whole.Length && char.IsSurrogatePair(whole[at], whole[at + 1]) ? 2 : 1),
    }).AsEscaped();
}
