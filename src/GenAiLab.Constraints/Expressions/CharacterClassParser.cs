using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Expressions;

/// <summary>Reads a class in brackets.</summary>
/// <param name="pattern">The expression.</param>
/// <param name="start">Behind the opening bracket.</param>
internal sealed class CharacterClassParser(string pattern, int start)
{
    private readonly int _start = start;
    private int _at = start;

    public CodePointSet Parse(out int end)
    {
        var negated = _at < pattern.Length && pattern[_at] == '^';
        if (negated)
        {
            _at++;
        }

        if (_at < pattern.Length && pattern[_at] == ']')
        {
            throw Refuse("the class is empty; a bracket in it is written \\]");
        }

        var ranges = new List<(int, int)>();
        while (true)
        {
            if (_at >= pattern.Length)
            {
                throw new ConstraintException($"the expression at position {_start - 1}: the class is not closed");
            }

            if (pattern[_at] == ']')
            {
                end = _at + 1;
                var set = CodePointSet.Of(ranges);
                return negated ? set.Not() : set;
            }

            if (pattern.AsSpan(_at).StartsWith("-["))
            {
                throw Refuse("classes are not subtracted from each other; a bracket in a class is written \\[");
            }

            var at = _at;
            var first = ParseMember();
            if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] is not (']' or '['))
            {
                _at++;
                ranges.Add(Range(at, first, ParseMember()));
            }
            else
            {
                ranges.AddRange(first.Ranges);
            }
        }
    }

    private ConstraintException Refuse(string reason) => new($"the expression at position {_at}: {reason}");

    private static (int, int) Range(int position, CodePointSet first, CodePointSet last) =>
        Single(first) is { } from && Single(last) is { } to && from <= to
            ? (from, to)
            : throw new ConstraintException($"the expression at position {position}: the class has a range that is not one");

    private static int? Single(CodePointSet set) =>
        set.Ranges is [var (first, last)] && first == last ? first : null;

    private CodePointSet ParseMember() =>
        pattern[_at] == '\\' ? RegexEscape.Parse(pattern, ref _at, inClass: true) : CodePointSet.Of(RegexEscape.ParseLiteral(pattern, ref _at));
}
