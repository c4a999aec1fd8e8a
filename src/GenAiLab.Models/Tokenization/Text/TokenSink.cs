using GenAiLab.Models.Tokenization.Models;

namespace GenAiLab.Models.Tokenization.Text;

/// <summary>What becomes of the tokens of a text.</summary>
internal abstract class TokenSink
{
    /// <summary>Whether it asks where tokens stand.</summary>
    public virtual bool KeepsPlaces => false;

    /// <summary>To be called when the text that words are of is another one, or was changed.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>The tokens of a word.</summary>
    /// <param name="text">What the word is part of.</param>
    /// <param name="start">Its first code unit.</param>
    /// <param name="tokens">Its tokens.</param>
    public abstract void Word(AlignedText text, int start, ReadOnlySpan<WordToken> tokens);

    /// <summary>An added token.</summary>
    public abstract void Added(AlignedText text, TextRange range);
}

/// <summary>Only the ids.</summary>
internal sealed class IdSink(List<int> ids) : TokenSink
{
    public override void Word(AlignedText text, int start, ReadOnlySpan<WordToken> tokens)
    {
        foreach (ref readonly var token in tokens)
        {
            ids.Add(token.Id);
        }
    }

    public override void Added(AlignedText text, TextRange range) => ids.Add(range.Token);
}

/// <summary>Only how many.</summary>
internal sealed class CountSink : TokenSink
{
    public int Count { get; private set; }

    public override void Word(AlignedText text, int start, ReadOnlySpan<WordToken> tokens) => Count += tokens.Length;

    public override void Added(AlignedText text, TextRange range) => Count++;
}

/// <summary>All tokens with their places in the original.</summary>
internal sealed class SpanSink(string original, IReadOnlySet<int> control, List<TokenSpan> spans) : TokenSink
{
    private readonly string _original = original;
    private readonly OriginalPlaces _places = new();
    private readonly Utf8Cursor _cursor = new();
    private int _last; // Places never go back.

    public override bool KeepsPlaces => true;

    public override void Begin() => _places.Reset();

    public override void Added(AlignedText text, TextRange range)
    {
        var (start, end) = _places.Of(text, range.Start, range.End);
        Add(range.Token, start, end);
    }

    public override void Word(AlignedText text, int start, ReadOnlySpan<WordToken> tokens)
    {
        if (text.IsOriginal)
        {
            var place = _places.Of(text, start, start).Start;
            foreach (ref readonly var token in tokens)
            {
                Add(token.Id, place + token.Start, place + token.End);
            }

            return;
        }

        // The character that holds a token's first byte, and the one that holds its last.
        var (first, last) = (new Character(text, start, this), new Character(text, start, this));
        foreach (ref readonly var token in tokens)
        {
            first.MoveTo(token.Start);
            last.MoveTo(Math.Max(token.Start, token.End - 1));
            Add(token.Id, first.StartOf(token.Start), last.EndOf(token.End));
        }
    }

    /// <summary>A token that the post-processor adds, at the text's beginning or end.</summary>
    public void Add(int id, int place)
    {
        var unit = _cursor.UnitAt(_original, place);
        spans.Add(new TokenSpan(id, place, 0, unit, 0, control.Contains(id)));
    }

    private void Add(int id, int start, int end)
    {
        start = Math.Max(start, _last);
        end = Math.Max(start, end);
        _last = start;
        var unit = _cursor.UnitAt(_original, start);
        var length = end == start ? 0 : _cursor.UnitBehind(_original, end) - unit;
        spans.Add(new TokenSpan(id, start, end - start, unit, length, control.Contains(id)));
    }

    // A character of a word, which is walked from byte to byte.
    private struct Character(AlignedText text, int unit, SpanSink sink)
    {
        private int _unit = unit;
        private int _byte; // Of the word's UTF-8, where the character begins.
        private int _length = CodePoints.Utf8Length(CodePoints.At(text.Letters, unit, out _));

        public void MoveTo(int place)
        {
            if (place < _byte)
            {
                return; // Tokens of a word that go back: only where a vocabulary knows some bytes and not others.
            }

            while (place >= _byte + _length)
            {
                CodePoints.At(text.Letters, _unit, out var units);
                if (_unit + units >= text.Length)
                {
                    return;
                }

                (_unit, _byte) = (_unit + units, _byte + _length);
                _length = CodePoints.Utf8Length(CodePoints.At(text.Letters, _unit, out _));
            }
        }

        public readonly int StartOf(int place) => place == _byte || !IsAsItWas() ? text.Place(_unit).Start : text.Place(_unit).Start + (place - _byte);

        public readonly int EndOf(int place) => place == _byte + _length || !IsAsItWas() ? text.Place(_unit).End : text.Place(_unit).Start + (place - _byte);

        // Whether the character's bytes are those of the original.
        private readonly bool IsAsItWas()
        {
            var (start, end) = text.Place(_unit);
            return end - start == _length && CodePoints.At(sink._original, sink._cursor.UnitAt(sink._original, start), out _) == CodePoints.At(text.Letters, _unit, out _);
        }
    }
}
