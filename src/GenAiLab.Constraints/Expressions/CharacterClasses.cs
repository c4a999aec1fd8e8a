using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>
/// The sets that escapes stand for: as in ECMA-262, but only ASCII is white space, because dialects agree on
/// no more than that.
/// </summary>
internal static class CharacterClasses
{
    private static readonly CodePointSet Digit = CodePointSet.Of(('0', '9'));
    private static readonly CodePointSet Word = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));
    private static readonly CodePointSet Space = CodePointSet.Of(('\t', '\r'), (' ', ' '));

    /// <summary>What a dot stands for: everything but ends of lines.</summary>
    public static CodePointSet Dot { get; } = CodePointSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Not();

    /// <summary>The set of a letter behind a backslash; null: it stands for none.</summary>
    public static CodePointSet? Of(char letter) => letter switch
    {
        'd' => Digit,
        'D' => Digit.Not(),
        'w' => Word,
        'W' => Word.Not(),
        's' => Space,
        'S' => Space.Not(),
        _ => null,
    };

    /// <summary>The character of a letter behind a backslash; −1: it stands for none.</summary>
    public static int Control(char letter) => letter switch
    {
        't' => '\t',
        'n' => '\n',
        'v' => '\v',
        'f' => '\f',
        'r' => '\r',
        _ => -1,
    };
}
