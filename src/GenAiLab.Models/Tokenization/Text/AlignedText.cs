using System.Text;

namespace GenAiLab.Models.Tokenization.Text;

/// <summary>
/// A part of a text on its way to tokens: as it was, or as a normalizer changed it, and for each code unit the bytes of
/// the original that it stands for. Places are kept only where they are asked for, and cost nothing until something
/// changes. Reused from part to part.
/// </summary>
internal sealed class AlignedText
{
    private char[] _letters = [];
    private int[] _starts = [];
    private int[] _ends = [];
    private char[] _nextLetters = [];
    private int[] _nextStarts = [];
    private int[] _nextEnds = [];
    private int _written;
    private int _read;
    private bool _aligned; // Whether _starts and _ends are filled; until then the text is the original.

    public int Length { get; private set; }

    /// <summary>The text as it stands now.</summary>
    public ReadOnlySpan<char> Letters => _letters.AsSpan(0, Length);

    /// <summary>Whether places are kept.</summary>
    public bool KeepsPlaces { get; private set; }

    /// <summary>Whether the text is, unit for unit, the original.</summary>
    public bool IsOriginal { get; private set; }

    /// <summary>Where the part begins in the original's UTF-8.</summary>
    public int FirstByte { get; private set; }

    /// <summary>How much memory the object holds on to, in code units.</summary>
    public int Capacity => Math.Max(_letters.Length, _nextLetters.Length);

    /// <summary>Begins anew with a part of an original.</summary>
    /// <param name="part">Well-formed UTF-16.</param>
    /// <param name="firstByte">Where it begins in the original's UTF-8.</param>
    /// <param name="keepPlaces">Whether places will be asked for.</param>
    public void Reset(ReadOnlySpan<char> part, int firstByte, bool keepPlaces)
    {
        if (_letters.Length < part.Length)
        {
            _letters = new char[part.Length];
        }

        part.CopyTo(_letters);
        (Length, FirstByte, KeepsPlaces, IsOriginal, _aligned) = (part.Length, firstByte, keepPlaces, true, false);
    }

    /// <summary>The bytes of the original that a code unit stands for; only where places are kept and the text was changed.</summary>
    public (int Start, int End) Place(int unit) => (_starts[unit], _ends[unit]);

    /// <summary>Where the text from a code unit on begins in the original's UTF-8.</summary>
    public int OriginalStart(int unit) =>
        _aligned ? _starts[unit] : FirstByte + Encoding.UTF8.GetByteCount(Letters[..unit]);

    /// <summary>Begins to write the text anew: what is neither copied nor put is gone with <see cref="EndRewrite"/>.</summary>
    public void BeginRewrite()
    {
        Align();
        (_written, _read) = (0, 0);
    }

    /// <summary>How many code units have been written since <see cref="BeginRewrite"/>.</summary>
    public int Written => _written;

    /// <summary>Copies code units as they are, with their places.</summary>
    public void Copy(int from, int to)
    {
        var count = to - from;
        Grow(count);
        _letters.AsSpan(from, count).CopyTo(_nextLetters.AsSpan(_written));
        if (KeepsPlaces)
        {
            _starts.AsSpan(from, count).CopyTo(_nextStarts.AsSpan(_written));
            _ends.AsSpan(from, count).CopyTo(_nextEnds.AsSpan(_written));
        }

        _written += count;
    }

    /// <summary>Puts a code point that stands for what the code unit <paramref name="source"/> stands for; -1: for nothing, at the start.</summary>
    public void Put(int point, int source)
    {
        if (point < 0x10000)
        {
            PutUnit((char)point, source);
        }
        else
        {
            PutUnit((char)(((point - 0x10000) >> 10) + 0xD800), source);
            PutUnit((char)(((point - 0x10000) & 0x3FF) + 0xDC00), source);
        }
    }

    /// <summary>Puts a letter that stands for one byte of the character at <paramref name="source"/>.</summary>
    /// <param name="letter">What is written.</param>
    /// <param name="source">The character's first code unit.</param>
    /// <param name="index">Which of the character's bytes.</param>
    public void PutByte(char letter, int source, int index)
    {
        PutUnit(letter, source);
        // The byte's own place, where the character surely stands in the original as it is.
        if (KeepsPlaces && IsOriginal)
        {
            _nextStarts[_written - 1] = _starts[source] + index;
            _nextEnds[_written - 1] = _starts[source] + index + 1;
        }
    }

    /// <summary>Sets the reading position, in code units, for <see cref="Change"/>.</summary>
    public void ReadFrom(int unit) => _read = unit;

    /// <summary>
    /// Puts a code point as the reference's transformations count them: a change above 0 inserts it, with the place of
    /// what was last read; 0 replaces the next code point, and -n replaces it and drops the n after it.
    /// </summary>
    public void Change(int point, int change)
    {
        if (change > 0)
        {
            Put(point, _read - 1);
            return;
        }

        var source = _read;
        Drop(1 - change);
        Put(point, Math.Min(source, Length - 1));
    }

    /// <summary>Reads code points that nothing stands for any more.</summary>
    public void Drop(int points)
    {
        for (; points > 0 && _read < Length; points--)
        {
            _read += char.IsHighSurrogate(_letters[_read]) && _read + 1 < Length ? 2 : 1;
        }
    }

    /// <summary>What was written becomes the text.</summary>
    public void EndRewrite()
    {
        (_letters, _nextLetters) = (_nextLetters, _letters);
        (_starts, _nextStarts) = (_nextStarts, _starts);
        (_ends, _nextEnds) = (_nextEnds, _ends);
        (Length, IsOriginal, _aligned) = (_written, false, KeepsPlaces);
    }

    private void PutUnit(char unit, int source)
    {
        Grow(1);
        _nextLetters[_written] = unit;
        if (KeepsPlaces)
        {
            (_nextStarts[_written], _nextEnds[_written]) = source < 0 ? (FirstByte, FirstByte) : (_starts[source], _ends[source]);
        }

        _written++;
    }

    private void Grow(int count)
    {
        var needed = _written + count;
        if (_nextLetters.Length < needed)
        {
            Array.Resize(ref _nextLetters, Math.Max(needed, Math.Max(64, _nextLetters.Length * 2)));
        }

        if (KeepsPlaces && _nextStarts.Length < needed)
        {
            Array.Resize(ref _nextStarts, _nextLetters.Length);
            Array.Resize(ref _nextEnds, _nextLetters.Length);
        }
    }

    private void Align()
    {
        if (_aligned || !KeepsPlaces)
        {
            return;
        }

        if (_starts.Length < Length)
        {
            (_starts, _ends) = (new int[_letters.Length], new int[_letters.Length]);
        }

        var bytes = FirstByte;
        for (int unit = 0, units; unit < Length; unit += units)
        {
            var point = CodePoints.At(Letters, unit, out units);
            var end = bytes + CodePoints.Utf8Length(point);
            _starts.AsSpan(unit, units).Fill(bytes);
            _ends.AsSpan(unit, units).Fill(end);
            bytes = end;
        }

        _aligned = true;
    }
}
