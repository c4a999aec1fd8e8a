using GenAiLab.Models.Tokenization.Decoders;

namespace GenAiLab.Models.Tokenization;

/// <summary>
/// Turns ids that come one by one into text: each call gives what is certain by then, never half a character, and
/// U+FFFD as soon as bytes can become none. What all calls give together is what decoding all ids at once gives. One
/// exception: among tokens that are single bytes (&lt;0xE3&gt;), whole characters are given out although the run may
/// turn out not to be UTF-8, when decoding it at once, like the reference, gives U+FFFD for all of its bytes. For one
/// stream and one thread at a time.
/// </summary>
public sealed class TokenTextStream
{
    private readonly Func<int, string> _push;
    private readonly Func<string> _finish;

    /// <summary>A stream over pieces that are simply joined.</summary>
    /// <param name="piece">The bytes of an id; none for one that is left out.</param>
    public TokenTextStream(Func<int, ReadOnlyMemory<byte>> piece)
    {
        var text = new Utf8Text();
        (_push, _finish) = (id => text.Push(piece(id).Span), text.Finish);
    }

    internal TokenTextStream(Func<int, string?> spelling, DecodedText text) =>
        (_push, _finish) = (id => spelling(id) is { } token ? text.Push(token) : "", text.Finish);

    /// <summary>The text that is certain with one more token; empty while a character is incomplete.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string Push(int id) => _push(id);

    /// <summary>What is left when no more ids come: U+FFFD for a character that stayed incomplete.</summary>
    public string Finish() => _finish();
}
