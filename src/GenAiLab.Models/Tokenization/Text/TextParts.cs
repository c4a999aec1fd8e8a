namespace GenAiLab.Models.Tokenization.Text;

/// <summary>A text and the ranges into which it is cut so far, in order. What lies in no range is dropped.</summary>
internal sealed class TextParts
{
    private List<TextRange> _spare = [];

    public AlignedText Text { get; } = new();

    public List<TextRange> Ranges { get; private set; } = [];

    /// <summary>Cancellation of the call that is under way.</summary>
    public CancellationToken Cancellation { get; private set; }

    /// <summary>What a pattern found last; reused.</summary>
    public List<(int Start, int Length)> Matches { get; } = [];

    /// <summary>Begins with a part of an original, which is one range.</summary>
    public void Begin(ReadOnlySpan<char> part, int firstByte, bool keepPlaces, CancellationToken cancellation)
    {
        Cancellation = cancellation;
        Text.Reset(part, firstByte, keepPlaces);
        TakeAll();
    }

    /// <summary>Makes all of the text one range; none, if it is empty.</summary>
    public void TakeAll()
    {
        Ranges.Clear();
        if (Text.Length > 0)
        {
            Ranges.Add(new TextRange(0, Text.Length));
        }
    }

    /// <summary>Cuts each range that is text: the action gets it and the list to which its parts are added.</summary>
    public void Cut(Action<TextRange, List<TextRange>> cut)
    {
        Cancellation.ThrowIfCancellationRequested();
        _spare.Clear();
        foreach (var range in Ranges)
        {
            if (range.IsToken)
            {
                _spare.Add(range);
            }
            else
            {
                cut(range, _spare);
            }
        }

        (Ranges, _spare) = (_spare, Ranges);
    }

    /// <summary>Writes each range that is text anew; the action puts its letters into <see cref="Text"/>. Empty ranges go.</summary>
    public void Rewrite(Action<TextRange> write)
    {
        Cancellation.ThrowIfCancellationRequested();
        _spare.Clear();
        Text.BeginRewrite();
        foreach (var range in Ranges)
        {
            var start = Text.Written;
            if (range.IsToken)
            {
                Text.Copy(range.Start, range.End);
            }
            else
            {
                write(range);
            }

            if (range.IsToken || Text.Written > start)
            {
                _spare.Add(range with { Start = start, Length = Text.Written - start });
            }
        }

        Text.EndRewrite();
        (Ranges, _spare) = (_spare, Ranges);
    }
}
