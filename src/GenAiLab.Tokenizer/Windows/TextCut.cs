using GenAiLab.Tokenizer.Vocabularies;

namespace GenAiLab.Tokenizer.Windows;

/// <summary>How much of a text's beginning is left out for the rest to fit.</summary>
/// <param name="Tokens">Tokens left out.</param>
/// <param name="Bytes">Bytes of UTF-8 left out, up to a whole character.</param>
/// <param name="Characters">UTF-16 code units left out.</param>
internal readonly record struct TextCut(int Tokens, int Bytes, int Characters)
{
    /// <summary>Leaves out the oldest tokens of a text, but none that were added to it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokens">Its tokens; those that were added are 0 bytes long.</param>
    /// <param name="limit">How many may stay.</param>
    /// <returns>Null: the tokens that were added alone are too many.</returns>
    public static TextCut? Find(string text, IReadOnlyList<EncodedToken> tokens, int limit)
    {
        var excess = tokens.Count - limit;
        if (excess <= 0)
        {
            return default(TextCut);
        }

        var cut = 0;
        for (var at = 0; at < tokens.Count && cut < excess; at++)
        {
            if (tokens[at].ByteLength == 0)
            {
                continue;
            }

            cut++;
            if (cut == excess)
            {
                // What is left begins where the next token of the text does; within a character, after it.
                var end = tokens.Skip(at + 1).FirstOrDefault(static token => token.ByteLength > 0) is { ByteLength: > 0 } next
                    ? next.ByteOffset
                    : tokens[at].ByteOffset + tokens[at].ByteLength;
                var characters = new CharacterOffsets(text);
                var (offset, length) = characters.Next(end, 1);
                var starts = System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, offset));
                return starts >= end
                    ? new TextCut(cut, starts, offset)
                    : new TextCut(cut, System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, offset + length)), offset + length);
            }
        }

        return null;
    }
}
