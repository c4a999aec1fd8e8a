using System.Text;

namespace GenAiLab.Models.Tokenization.Text;

/// <summary>Translates between places in UTF-16 and in UTF-8 of one text. Each step costs what lies between it and the last one.</summary>
internal sealed class Utf8Cursor
{
    private int _unit;
    private int _byte;

    public void Reset() => (_unit, _byte) = (0, 0);

    /// <summary>How many bytes lie in front of a code unit, which begins a character or ends the text.</summary>
    public int ByteAt(ReadOnlySpan<char> text, int unit)
    {
        _byte += unit >= _unit ? Encoding.UTF8.GetByteCount(text[_unit..unit]) : -Encoding.UTF8.GetByteCount(text[unit.._unit]);
        _unit = unit;
        return _byte;
    }

    /// <summary>The first code unit of the character that holds a byte; the text's length at its end.</summary>
    public int UnitAt(ReadOnlySpan<char> text, int place)
    {
        while (_byte > place)
        {
            _byte -= CodePoints.Utf8Length(CodePoints.Before(text, _unit, out var units));
            _unit -= units;
        }

        while (_unit < text.Length && Ends(text, out var units) is var end && end <= place)
        {
            (_byte, _unit) = (end, _unit + units);
        }

        return _unit;
    }

    /// <summary>The code unit behind the last character that has a byte in front of <paramref name="place"/>, from the cursor on, which stays.</summary>
    public int UnitBehind(ReadOnlySpan<char> text, int place)
    {
        var (unit, bytes) = (_unit, _byte);
        while (unit < text.Length && bytes < place)
        {
            bytes += CodePoints.Utf8Length(CodePoints.At(text, unit, out var units));
            unit += units;
        }

        return unit;
    }

    private int Ends(ReadOnlySpan<char> text, out int units) => _byte + CodePoints.Utf8Length(CodePoints.At(text, _unit, out units));
}
