namespace GenAiLab.Tokenizer;

/// <summary>
/// Translates offsets in UTF-8 to offsets in UTF-16 for tokens in order. A token that holds part of a
/// character counts the whole of it, so that neighbours may overlap but never cut a surrogate pair.
/// </summary>
internal ref struct CharacterOffsets(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _byte;
    private int _char;

    /// <summary>The characters of which the token holds bytes; begins may not decrease between calls.</summary>
    public (int Offset, int Length) Next(int byteOffset, int byteLength)
    {
        while (_char < _text.Length && _byte + BytesAt(_char) <= byteOffset)
        {
            _byte += BytesAt(_char);
            _char += CharsAt(_char);
        }

        var bytes = _byte;
        var end = _char;
        while (end < _text.Length && bytes < byteOffset + byteLength)
        {
            bytes += BytesAt(end);
            end += CharsAt(end);
        }

        return (_char, byteLength == 0 ? 0 : end - _char);
    }

    private readonly int CharsAt(int index) => char.IsHighSurrogate(_text[index]) ? 2 : 1;

    private readonly int BytesAt(int index) => _text[index] switch
    {
        < '\u0080' => 1,
        < '\u0800' => 2,
        >= '\uD800' and <= '\uDBFF' => 4,
        _ => 3,
    };
}
