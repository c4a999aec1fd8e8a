namespace GenAiLab.Models.Tokenization;

/// <summary>
/// The printable alphabet in which byte-level BPE files spell bytes (Radford et al. 2019, GPT-2,
/// <c>bytes_to_unicode</c>): printable Latin-1 stands for itself, the rest for code points from 256 on.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Letters = BuildLetters();
    private static readonly Dictionary<char, byte> Bytes = Letters.Select(static (letter, value) => (letter, value)).ToDictionary(static pair => pair.letter, static pair => (byte)pair.value);

    /// <summary>The letter of a byte.</summary>
    public static char Letter(byte value) => Letters[value];

    public static string Spell(ReadOnlySpan<byte> bytes)
    {
        var letters = new char[bytes.Length];
        for (var at = 0; at < letters.Length; at++)
        {
            letters[at] = Letters[bytes[at]];
        }

        return new string(letters);
    }

    /// <summary>The bytes that a spelling stands for; null when a letter is none of the alphabet.</summary>
    public static byte[]? Read(string spelling)
    {
        var bytes = new byte[spelling.Length];
        for (var at = 0; at < bytes.Length; at++)
        {
            if (!Bytes.TryGetValue(spelling[at], out bytes[at]))
            {
                return null;
            }
        }

        return bytes;
    }

    private static char[] BuildLetters()
    {
        var letters = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            letters[value] = printable ? (char)value : (char)next++;
        }

        return letters;
    }
}
