namespace GenAiLab.Models.Tokenization.Text;

/// <summary>Where parts of an <see cref="AlignedText"/> that keeps places stand in the original's UTF-8.</summary>
internal sealed class OriginalPlaces
{
    private readonly Utf8Cursor _cursor = new();

    /// <summary>To be called when the text is another one, or was changed.</summary>
    public void Reset() => _cursor.Reset();

    /// <summary>The bytes that code units stand for; at least one.</summary>
    public (int Start, int End) Of(AlignedText text, int start, int end) => text.IsOriginal
        ? (text.FirstByte + _cursor.ByteAt(text.Letters, start), text.FirstByte + _cursor.ByteAt(text.Letters, end))
        : (text.Place(start).Start, text.Place(end - 1).End);
}
