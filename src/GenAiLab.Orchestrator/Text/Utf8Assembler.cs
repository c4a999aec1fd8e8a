using System.Text;

namespace GenAiLab.Orchestrator.Text;

/// <summary>
/// Turns bytes that arrive in arbitrary pieces into text, complete characters only. A character that
/// is still incomplete waits for its rest, at most three bytes; bytes that can no longer become a
/// character are U+FFFD at once, so nothing ever stalls behind them. U+FFFD that is really in the
/// bytes is a character like any other, which the common test for "ends with U+FFFD" gets wrong.
/// However the bytes are cut, the joined text is what decoding them in one go gives.
/// </summary>
internal sealed class Utf8Assembler
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>The text that <paramref name="bytes"/> completes.</summary>
    public string Append(ReadOnlySpan<byte> bytes) => Decode(bytes, flush: false);

    /// <summary>Ends the text: what is incomplete becomes U+FFFD.</summary>
    public string Complete() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var count = _decoder.GetCharCount(bytes, flush);
        if (count == 0)
        {
            // The call still moves the decoder's state.
            _decoder.GetChars(bytes, [], flush);
            return "";
        }

        var characters = new char[count];
        return new string(characters, 0, _decoder.GetChars(bytes, characters, flush));
    }
}
