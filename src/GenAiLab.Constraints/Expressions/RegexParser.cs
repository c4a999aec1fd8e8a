using System.Globalization;
using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>Reads a regular expression: the regular part of ECMA-262. What is not regular is refused by name.</summary>
internal sealed class RegexParser
{
    private const int MaximumNesting = 100;
    private const int MaximumCount = 100_000;
    private readonly string _pattern;
    private int _at;
    private int _nesting;

    private RegexParser(string pattern) => _pattern = pattern;

    /// <exception cref="ConstraintException">It is no expression, or not a regular one.</exception>
    public static RegexNode Parse(string pattern)
    {
        var parser = new RegexParser(pattern);
        var node = parser.ParseChoice();
        return parser._at == pattern.Length ? node : throw parser.Refuse("')' closes no group");
    }

    private ConstraintException Refuse(string reason) => RefuseAt(_at, reason);

    private static ConstraintException RefuseAt(int position, string reason) => new($"the expression at position {position}: {reason}");

    private bool Take(char expected)
    {
        if (_at < _pattern.Length && _pattern[_at] == expected)
        {
            _at++;
            return true;
        }

        return false;
    }

    private RegexNode ParseChoice()
    {
        if (++_nesting > MaximumNesting)
        {
            throw Refuse($"groups nest deeper than {MaximumNesting} levels");
        }

        var options = new List<RegexNode> { ParseSequence() };
        while (Take('|'))
        {
            options.Add(ParseSequence());
        }

        _nesting--;
        return options.Count == 1 ? options[0] : new RegexNode.Choice(options);
    }

    private RegexNode ParseSequence()
    {
        var parts = new List<RegexNode>();
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            parts.Add(ParseQuantified());
        }

        return parts.Count == 1 ? parts[0] : new RegexNode.Sequence(parts);
    }

    private RegexNode ParseQuantified()
    {
        var start = _at;
        var atom = ParseAtom();
        if (ParseQuantifier() is not var (minimum, maximum))
        {
            return atom;
        }

        if (atom is RegexNode.Anchor)
        {
            throw RefuseAt(start, "an anchor cannot be repeated");
        }

        // Lazy or not, the language is the same.
        Take('?');
        return _at < _pattern.Length && _pattern[_at] is '*' or '+' ? throw Refuse("a quantifier follows a quantifier")
            : maximum < minimum ? throw RefuseAt(start, $"the quantifier's bounds {{{minimum},{maximum}}} are out of order")
            : new RegexNode.Repetition(atom, minimum, maximum);
    }

    private (int Minimum, int? Maximum)? ParseQuantifier()
    {
        if (Take('*'))
        {
            return (0, null);
        }

        if (Take('+'))
        {
            return (1, null);
        }

        if (Take('?'))
        {
            return (0, 1);
        }

        var start = _at;
        if (Take('{') && ParseCount() is { } minimum)
        {
            int? maximum = Take(',') ? ParseCount() : minimum;
            if (Take('}'))
            {
                return (minimum, maximum);
            }
        }

        // A brace that bounds nothing is a character.
        _at = start;
        return null;
    }

    private int? ParseCount()
    {
        var start = _at;
        while (_at < _pattern.Length && char.IsAsciiDigit(_pattern[_at]))
        {
            _at++;
        }

        return _at == start ? null
            : int.TryParse(_pattern.AsSpan(start.._at), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaximumCount ? count
            : throw RefuseAt(start, $"a quantifier's bound is at most {MaximumCount:N0}");
    }

    private RegexNode ParseAtom()
    {
        var start = _at;
        switch (_pattern[_at])
        {
            case '^':
                _at++;
                return new RegexNode.Anchor(AtStart: true, start);
            case '$':
                _at++;
                return new RegexNode.Anchor(AtStart: false, start);
            case '.':
                _at++;
                return new RegexNode.Character(CharacterClasses.Dot);
            case '(':
                return ParseGroup();
            case '[':
                return new RegexNode.Character(new CharacterClassParser(_pattern, _at + 1).Parse(out _at));
            case '*' or '+' or '?':
                throw Refuse("there is nothing to repeat");
            case '\\':
                return new RegexNode.Character(RegexEscape.Parse(_pattern, ref _at, inClass: false));
            default:
                return new RegexNode.Character(CodePointSet.Of(RegexEscape.ParseLiteral(_pattern, ref _at)));
        }
    }

    private RegexNode ParseGroup()
    {
        var start = _at++;
        if (Take('?'))
        {
            var rest = _pattern.AsSpan(_at);
            if (rest.StartsWith("=") || rest.StartsWith("!") || rest.StartsWith("<=") || rest.StartsWith("<!"))
            {
                throw RefuseAt(start, "look-around is not supported");
            }

            if (rest.StartsWith("<") && rest.IndexOf('>') is > 1 and var end)
            {
                _at += end + 1;
            }
            else if (!Take(':'))
            {
                throw RefuseAt(start, "flags and other extensions of groups are not supported");
            }
        }

        var node = ParseChoice();
        return Take(')') ? node : throw RefuseAt(start, "the group is not closed");
    }
}
