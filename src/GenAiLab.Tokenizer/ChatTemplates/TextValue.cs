using System.Text;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>A stretch of a text, in UTF-16 code units, that comes from one kind of source.</summary>
/// <param name="Length">At least 1.</param>
/// <param name="Trusted">From the template, and so able to hold control tokens; otherwise from a caller's message.</param>
internal readonly record struct TextRun(int Length, bool Trusted);

/// <summary>
/// A text that knows which parts of it the template wrote and which came from outside. Whatever happens to
/// it, each character keeps its origin: a control token that somebody typed never becomes one.
/// </summary>
internal sealed class TextValue : TemplateValue
{
    /// <summary>No characters.</summary>
    public static readonly TextValue Empty = new("", []);

    private TextValue(string text, TextRun[] runs) => (Text, Runs) = (text, runs);

    /// <summary>The characters.</summary>
    public string Text { get; }

    /// <summary>Their origins, in order; neighbours differ, and their lengths add up to the text's.</summary>
    public IReadOnlyList<TextRun> Runs { get; }

    /// <summary>How Python counts.</summary>
    public int CodePoints => Text.Length - Text.Count(char.IsLowSurrogate);

    /// <summary>A text of the template.</summary>
    public static TextValue Trusted(string text) => Of(text, trusted: true);

    /// <summary>A text of a caller.</summary>
    public static TextValue Untrusted(string text) => Of(text, trusted: false);

    /// <summary>This text and then the other.</summary>
    public TextValue Append(TextValue other) => new Builder().Append(this).Append(other).Build();

    /// <summary>The part from one code point up to another, as Python slices: from 0, end excluded.</summary>
    public TextValue Slice(int from, int to)
    {
        var start = OffsetOf(from);
        return Cut(start, Math.Max(start, OffsetOf(to)));
    }

    /// <summary>Without white space at either end.</summary>
    public TextValue Trim()
    {
        var start = Text.Length - Text.AsSpan().TrimStart().Length;
        return Cut(start, Math.Max(start, Text.AsSpan().TrimEnd().Length));
    }

    /// <summary>Every run changed by itself.</summary>
    public TextValue Map(Func<string, string> change)
    {
        var builder = new Builder();
        var at = 0;
        foreach (var run in Runs)
        {
            builder.Append(change(Text.Substring(at, run.Length)), run.Trusted);
            at += run.Length;
        }

        return builder.Build();
    }

    private static TextValue Of(string text, bool trusted) => text.Length == 0 ? Empty : new TextValue(text, [new TextRun(text.Length, trusted)]);

    private TextValue Cut(int start, int end)
    {
        var builder = new Builder();
        var at = 0;
        foreach (var run in Runs)
        {
            var (from, to) = (Math.Max(start, at), Math.Min(end, at + run.Length));
            if (from < to)
            {
                builder.Append(Text.AsSpan(from, to - from), run.Trusted);
            }

            at += run.Length;
        }

        return builder.Build();
    }

    private int OffsetOf(int codePoint)
    {
        var offset = 0;
        for (; codePoint > 0 && offset < Text.Length; codePoint--)
        {
            offset += char.IsHighSurrogate(Text[offset]) && offset + 1 < Text.Length ? 2 : 1;
        }

        return offset;
    }

    /// <summary>Joins texts; neighbours of one origin become one run.</summary>
    internal sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly List<TextRun> _runs = [];

        public Builder Append(TextValue value)
        {
            var at = 0;
            foreach (var run in value.Runs)
            {
                Append(value.Text.AsSpan(at, run.Length), run.Trusted);
                at += run.Length;
            }

            return this;
        }

        public Builder Append(ReadOnlySpan<char> text, bool trusted)
        {
            if (text.IsEmpty)
            {
                return this;
            }

            _text.Append(text);
            if (_runs.Count > 0 && _runs[^1].Trusted == trusted)
            {
                _runs[^1] = new TextRun(_runs[^1].Length + text.Length, trusted);
            }
            else
            {
                _runs.Add(new TextRun(text.Length, trusted));
            }

            return this;
        }

        public TextValue Build() => _runs.Count == 0 ? Empty : new TextValue(_text.ToString(), [.. _runs]);
    }
}
