namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>What counts as white space and as a line break: Python's lists, which are longer than .NET's.</summary>
internal static class WhiteSpace
{
    public static bool Is(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    /// <summary>Whether a line ends here; of "\r\n" it is the first.</summary>
    public static bool EndsLine(char character) => character is '\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029';
}
