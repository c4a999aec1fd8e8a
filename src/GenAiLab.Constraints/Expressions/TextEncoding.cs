using System.Text;
using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>How the characters of an expression are spelled in the generated text.</summary>
internal enum TextEncoding
{
    /// <summary>As UTF-8.</summary>
    Plain,

    /// <summary>As within a JSON string: UTF-8, with escapes only where JSON wants them.</summary>
    JsonString,
}

/// <summary>Characters as moves of an automaton.</summary>
internal static class TextEncodings
{
    private const string ShortEscapes = "\"\"\\\\\bb\ff\nn\rr\tt";
    private static readonly CodePointSet Escaped = CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'));
    private static readonly CodePointSet Unescaped = Escaped.Not();

    /// <summary>Characters that a JSON string holds as they are.</summary>
    public static CodePointSet Raw => Unescaped;

    /// <summary>Reads one character of a set.</summary>
    public static void Read(this ByteNfa nfa, int from, CodePointSet set, int to, TextEncoding encoding)
    {
        if (encoding == TextEncoding.JsonString)
        {
            foreach (var codePoint in set.And(Escaped).Ranges.SelectMany(static range => Enumerable.Range(range.First, range.Last - range.First + 1)))
            {
                nfa.Silent(nfa.Read(from, Escape((char)codePoint)), to);
                if (codePoint is 0x0B or (>= 0x0E and <= 0x1F))
                {
                    nfa.Silent(nfa.Read(from, Encoding.ASCII.GetBytes($"\\u{codePoint:X4}")), to);
                }
            }

            set = set.And(Unescaped);
        }

        foreach (var sequence in Utf8Sequences.Of(set))
        {
            var state = from;
            for (var at = 0; at < sequence.Length; at++)
            {
                var next = at == sequence.Length - 1 ? to : nfa.NewState();
                nfa.Move(state, sequence[at].First, sequence[at].Last, next);
                state = next;
            }
        }
    }

    /// <summary>A string as JSON spells it, without its quotation marks.</summary>
    public static byte[] Spell(string text, TextEncoding encoding)
    {
        if (encoding == TextEncoding.Plain)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var bytes = new List<byte>(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value < 0x20 || value is (byte)'"' or (byte)'\\')
            {
                bytes.AddRange(Escape((char)value));
            }
            else
            {
                bytes.Add(value);
            }
        }

        return [.. bytes];
    }

    private static byte[] Escape(char letter) =>
        ShortEscapes.IndexOf(letter) is >= 0 and var at && at % 2 == 0
            ? [(byte)'\\', (byte)ShortEscapes[at + 1]]
            : Encoding.ASCII.GetBytes($"\\u{(int)letter:x4}");
}
