using System.Text;
using GenAiLab.Tokenizer.ChatTemplates.Values;

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
    public static readonly TextValue Empty = new("", [], startsTrusted: true);

    // Where each run ends. Neighbours differ, so that the first one's origin tells all others'.
    private readonly int[] _ends;
    private readonly bool _startsTrusted;
    private int _codePoints = -1;

    private TextValue(string text, int[] ends, bool startsTrusted, bool isEscaped = false) =>
        (Text, _ends, _startsTrusted, IsEscaped) = (text, ends, startsTrusted, isEscaped);

    /// <summary>The characters.</summary>
    public string Text { get; }

    /// <summary>Their origins, in order; neighbours differ, and their lengths add up to the text's.</summary>
    public IReadOnlyList<TextRun> Runs => [.. _ends.Select((end, index) => new TextRun(end - Start(index), IsTrusted(index)))];

    /// <summary>Whether all of it is the template's own.</summary>
    public bool IsWhollyTrusted => _ends.Length == 0 || (_ends.Length == 1 && _startsTrusted);

    /// <summary>Whether a filter declared it HTML: what is added to it with + is escaped.</summary>
    public bool IsEscaped { get; }

    /// <summary>How Python counts.</summary>
    public int CodePoints => _codePoints >= 0 ? _codePoints : _codePoints = Text.Length - PairsBefore(Text.Length);

    public override bool IsTrue => Text.Length > 0;

    public override string Kind => "a text";

    /// <summary>A text of the template.</summary>
    public static TextValue Trusted(string text) => Of(text, trusted: true);

    /// <summary>A text of a caller.</summary>
    public static TextValue Untrusted(string text) => Of(text, trusted: false);

    /// <summary>A text of one origin.</summary>
    public static TextValue Of(string text, bool trusted) => text.Length == 0 ? Empty : new TextValue(text, [text.Length], trusted);

    /// <summary>The same text, declared HTML.</summary>
    public TextValue AsEscaped() => new(Text, _ends, _startsTrusted, isEscaped: true);

    /// <summary>The same text, as one of any other kind.</summary>
    public TextValue AsPlain() => IsEscaped ? new TextValue(Text, _ends, _startsTrusted) : this;

    /// <summary>The same text, as if a caller had written all of it.</summary>
    public TextValue AsUntrusted() => Untrusted(Text);

    /// <summary>This text and then the other.</summary>
    public TextValue Append(TextValue other) => new Builder().Append(this).Append(other).Build();

    /// <summary>The part from one code point up to another, as Python slices: from 0, end excluded.</summary>
    public TextValue Slice(int from, int to)
    {
        var start = OffsetOf(from);
        return Cut(start, Math.Max(start, OffsetOf(to)));
    }

    /// <summary>The part from one UTF-16 code unit up to another.</summary>
    public TextValue Cut(int start, int end)
    {
        if (start >= end)
        {
            return Empty;
        }

        if (start == 0 && end == Text.Length)
        {
            return AsPlain();
        }

        var (first, last) = (RunAt(start), RunAt(end - 1));
        var ends = new int[last - first + 1];
        for (var index = 0; index < ends.Length; index++)
        {
            ends[index] = Math.Min(_ends[first + index], end) - start;
        }

        return new TextValue(Text[start..end], ends, IsTrusted(first));
    }

    /// <summary>Whether a caller wrote any of the part from one UTF-16 code unit up to another.</summary>
    public bool HasUntrusted(int start, int end) => start < end && (RunAt(start) != RunAt(end - 1) || !IsTrusted(RunAt(start)));

    /// <summary>The place of a code point, in UTF-16 code units; the text's end for any beyond it.</summary>
    public int OffsetOf(int codePoint)
    {
        if (CodePoints == Text.Length)
        {
            return Math.Min(codePoint, Text.Length);
        }

        var offset = 0;
        for (; codePoint > 0 && offset < Text.Length; codePoint--)
        {
            offset += LengthAt(offset);
        }

        return offset;
    }

    /// <summary>How many UTF-16 code units the code point at an offset takes.</summary>
    public int LengthAt(int offset) => offset + 1 < Text.Length && char.IsSurrogatePair(Text[offset], Text[offset + 1]) ? 2 : 1;

    /// <summary>Which code point begins at an offset, counted from 0.</summary>
    public int CodePointAt(int offset) => CodePoints == Text.Length ? offset : offset - PairsBefore(offset);

    /// <summary>Every run changed by itself.</summary>
    public TextValue Map(Func<string, string> change)
    {
        var builder = new Builder();
        for (var run = 0; run < _ends.Length; run++)
        {
            builder.Append(change(Text[Start(run).._ends[run]]), IsTrusted(run));
        }

        return builder.Build();
    }

    /// <summary>Every code point changed by itself, by its place in the text, in UTF-16 code units.</summary>
    public TextValue MapCodePoints(Func<string, int, string> change)
    {
        var builder = new Builder();
        for (int at = 0, run = 0; at < Text.Length; at += LengthAt(at))
        {
            while (_ends[run] <= at)
            {
                run++;
            }

            builder.Append(change(Text, at), IsTrusted(run));
        }

        return builder.Build();
    }

    private int PairsBefore(int offset)
    {
        var pairs = 0;
        for (var at = 0; at < offset; at++)
        {
            if (LengthAt(at) == 2)
            {
                pairs++;
                at++;
            }
        }

        return pairs;
    }

    private int Start(int run) => run == 0 ? 0 : _ends[run - 1];

    private bool IsTrusted(int run) => run % 2 == 0 ? _startsTrusted : !_startsTrusted;

    private int RunAt(int offset)
    {
        var found = Array.BinarySearch(_ends, offset);
        return found >= 0 ? found + 1 : ~found;
    }

    /// <summary>Joins texts; neighbours of one origin become one run.</summary>
    internal sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly List<int> _ends = [];
        private bool _startsTrusted;

        /// <summary>In UTF-16 code units, so far.</summary>
        public int Length => _text.Length;

        public Builder Append(TextValue value)
        {
            for (var run = 0; run < value._ends.Length; run++)
            {
                Append(value.Text.AsSpan(value.Start(run), value._ends[run] - value.Start(run)), value.IsTrusted(run));
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
            if (_ends.Count == 0)
            {
                _startsTrusted = trusted;
            }
            else if ((_ends.Count % 2 == 1 ? _startsTrusted : !_startsTrusted) == trusted)
            {
                _ends[^1] = _text.Length;
                return this;
            }

            _ends.Add(_text.Length);
            return this;
        }

        public TextValue Build() => _ends.Count == 0 ? Empty : new TextValue(_text.ToString(), [.. _ends], _startsTrusted);
    }
}
