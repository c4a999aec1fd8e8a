using System.Text;

namespace GenAiLab.Models.Tokenization;

/// <summary>
/// Turns ids that come one by one into text: each call gives what is certain by then, never half a character.
/// What all calls give together is the text of all ids. For one stream and one thread at a time.
/// </summary>
public sealed class TokenTextStream
{
    private readonly Func<int, ReadOnlyMemory<byte>> _piece;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>A stream over pieces that are simply joined.</summary>
    /// <param name="piece">The bytes of an id; none for one that is left out.</param>
    public TokenTextStream(Func<int, ReadOnlyMemory<byte>> piece) => _piece = piece;

    /// <summary>The text that is certain with one more token; empty while a character is incomplete.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string Push(int id) => Decode(_piece(id).Span, flush: false);

    /// <summary>What is left when no more ids come: U+FFFD for a character that stayed incomplete.</summary>
    public string Finish() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var letters = new char[_decoder.GetCharCount(bytes, flush)];
        return new string(letters, 0, _decoder.GetChars(bytes, letters, flush));
    }
}
