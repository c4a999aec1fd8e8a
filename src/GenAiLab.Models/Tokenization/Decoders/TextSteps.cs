using System.Text;
using GenAiLab.Models.Tokenization.Patterns;

namespace GenAiLab.Models.Tokenization.Decoders;

/// <summary>Replaces what a pattern finds in each token.</summary>
internal sealed class ReplaceStep(TextPattern pattern, string content) : DecoderStep
{
    // An expression may find the empty text in front of each character.
    public override int Growth => pattern is LiteralPattern literal ? Math.Max(1, (content.Length + literal.Literal.Length - 1) / literal.Literal.Length) : content.Length + 1;

    public override DecoderState Open(bool stream, bool joined) => !joined ? new MapState((token, _) => Spell(token, joined: false))
        : pattern is LiteralPattern { Literal: { Length: 1 } mark } ? new MapState((token, _) => token.Replace(mark, content, StringComparison.Ordinal))
        : new WholeState(new MapState((token, _) => Spell(token, joined: false))); // What it finds may span parts.

    public override string Spell(string token, bool joined)
    {
        if (pattern is LiteralPattern literal)
        {
            return token.Replace(literal.Literal, content, StringComparison.Ordinal);
        }

        var matches = new List<(int Start, int Length)>();
        pattern.Find(token, matches, CancellationToken.None);
        var (text, at) = (new StringBuilder(), 0);
        foreach (var (start, length) in matches)
        {
            text.Append(token, at, start - at).Append(content);
            at = start + length;
        }

        return text.Append(token, at, token.Length - at).ToString();
    }
}

/// <summary>Drops up to a number of one character from each token's ends.</summary>
internal sealed class StripStep(int character, int start, int stop) : DecoderStep
{
    private readonly string _character = char.ConvertFromUtf32(character);

    public override DecoderState Open(bool stream, bool joined) => joined ? new State(_character, start, stop) : new MapState((token, _) => Spell(token, joined: false));

    public override string Spell(string token, bool joined)
    {
        if (joined)
        {
            return token; // Only the text's ends lose something.
        }

        var (first, end) = (0, token.Length);
        for (var left = start; left > 0 && token.AsSpan(first).StartsWith(_character, StringComparison.Ordinal); left--)
        {
            first += _character.Length;
        }

        for (var left = stop; left > 0 && token.AsSpan(first, end - first).EndsWith(_character, StringComparison.Ordinal); left--)
        {
            end -= _character.Length;
        }

        return token[first..end];
    }

    private sealed class State(string character, int start, int stop) : DecoderState
    {
        private readonly StringBuilder _kept = new(); // Characters at the end, of which the last ones may go.
        private int _start = start;

        public override void Push(string token, List<string> output)
        {
            var at = 0;
            while (_start > 0 && at < token.Length && token.AsSpan(at).StartsWith(character, StringComparison.Ordinal))
            {
                at += character.Length;
                _start--;
            }

            _start = at < token.Length ? 0 : _start;
            _kept.Append(token, at, token.Length - at);
            var keep = 0;
            for (var left = stop; left > 0 && EndsWithCharacter(_kept.Length - keep); left--)
            {
                keep += character.Length;
            }

            if (_kept.Length > keep)
            {
                output.Add(_kept.ToString(0, _kept.Length - keep));
                _kept.Remove(0, _kept.Length - keep);
            }
        }

        private bool EndsWithCharacter(int end)
        {
            for (var at = 0; at < character.Length; at++)
            {
                if (end < character.Length || _kept[end - character.Length + at] != character[at])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
