using System.Text;

namespace GenAiLab.Models.Tokenization;

/// <summary>Walks a text in UTF-8 bytes and UTF-16 code units at once, to say where tokens lie.</summary>
internal sealed class CharacterCursor(string text)
{
    private int _bytes;
    private int _characterStart; // The code unit at which the character that holds byte _bytes begins.
    private int _characterByte; // The byte at which that character begins.

    /// <summary>The span of a token that covers the next <paramref name="length"/> bytes.</summary>
    public TokenSpan Take(int id, int length, bool special)
    {
        var (byteOffset, charOffset) = (_bytes, _characterStart);
        var end = _bytes + length;
        var lastTouched = _characterStart;
        while (_characterStart < text.Length)
        {
            Rune.DecodeFromUtf16(text.AsSpan(_characterStart), out var rune, out var units);
            lastTouched = _characterStart + units;
            if (_characterByte + rune.Utf8SequenceLength > end)
            {
                break; // The token ends within this character.
            }

            _characterByte += rune.Utf8SequenceLength;
            _characterStart += units;
            if (_characterByte == end)
            {
                break;
            }
        }

        _bytes = end;
        return new TokenSpan(id, byteOffset, length, charOffset, lastTouched - charOffset, special);
    }
}
