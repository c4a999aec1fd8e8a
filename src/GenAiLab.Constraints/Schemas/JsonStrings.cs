using GenAiLab.Constraints.Automata;
using GenAiLab.Constraints.Expressions;
using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints.Schemas;

/// <summary>
/// Rules of strings. Where only the length counts, or nothing, all of JSON's escapes are allowed, halves of
/// surrogate pairs only as a pair; where the content counts, a character has one spelling. Not thread-safe.
/// </summary>
internal sealed class JsonStrings(GrammarBuilder builder)
{
    private const string Character =
        "[^\"\\\\\\x00-\\x1F]|\\\\(?:[\"\\\\/bfnrt]|u(?:[0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}|[Dd][89ABab][0-9A-Fa-f]{2}\\\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}))";

    private readonly Dictionary<(int, int?), Rule> _byLength = [];
    private readonly Dictionary<ByteDfa, Rule> _byContent = [];
    private readonly Dictionary<string, Rule> _namesExcept = [];
    private Rule? _character;

    /// <summary>A string of so many characters.</summary>
    public Rule OfLength(int minimum, int? maximum)
    {
        if (_byLength.TryGetValue((minimum, maximum), out var rule))
        {
            return rule;
        }

        rule = builder.NewRule();
        _byLength.Add((minimum, maximum), rule);
        var state = builder.Read(rule.Start, "\""u8);
        if ((minimum, maximum) is (0, null))
        {
            ReadContent(state, RegexCompiler.Compile($"(?:{Character})*", TextEncoding.Plain, builder.Budget), rule.End);
            return rule;
        }

        for (var length = 0; length <= (maximum ?? minimum); length++)
        {
            if (length >= minimum)
            {
                builder.Move(state, (byte)'"', (byte)'"', rule.End);
            }

            if (length < (maximum ?? minimum))
            {
                var next = builder.NewState();
                builder.Call(state, AnyCharacter(), next);
                state = next;
            }
        }

        if (maximum is null)
        {
            builder.Call(state, AnyCharacter(), state);
        }

        return rule;
    }

    /// <summary>A string with a content that an automaton accepts.</summary>
    public Rule OfContent(ByteDfa content)
    {
        if (!_byContent.TryGetValue(content, out var rule))
        {
            rule = builder.NewRule();
            _byContent.Add(content, rule);
            ReadContent(builder.Read(rule.Start, "\""u8), content, rule.End);
        }

        return rule;
    }

    /// <summary>
    /// A name of a property that is none of several, from behind its opening quotation mark on; without escapes, so
    /// that none of them is spelled otherwise.
    /// </summary>
    public Rule RestOfNameExcept(IReadOnlyCollection<string> names)
    {
        var key = string.Join('\n', names.Order(StringComparer.Ordinal).Select(static name => Convert.ToHexString(TextEncodings.Spell(name, TextEncoding.Plain))));
        if (_namesExcept.TryGetValue(key, out var rule))
        {
            return rule;
        }

        var raw = RegexCompiler.Compile(new RegexNode.Repetition(new RegexNode.Character(TextEncodings.Raw), 0, null), TextEncoding.Plain, builder.Budget);
        if (names.Count > 0)
        {
            var nfa = new ByteNfa(builder.Budget);
            (nfa.Start, nfa.End) = (nfa.NewState(), nfa.NewState());
            foreach (var name in names)
            {
                nfa.Silent(nfa.Read(nfa.Start, TextEncodings.Spell(name, TextEncoding.JsonString)), nfa.End);
            }

            raw = DfaProduct.Except(raw, SubsetConstruction.Determinize(nfa), builder.Budget);
        }

        rule = builder.NewRule();
        _namesExcept.Add(key, rule);
        ReadContent(rule.Start, raw, rule.End);
        return rule;
    }

    private Rule AnyCharacter()
    {
        if (_character is not { } rule)
        {
            _character = rule = builder.NewRule();
            builder.Read(rule.Start, RegexCompiler.Compile(Character, TextEncoding.Plain, builder.Budget), rule.End);
        }

        return rule;
    }

    private void ReadContent(int from, ByteDfa content, int to)
    {
        var end = builder.NewState();
        builder.Read(from, content, end);
        builder.Move(end, (byte)'"', (byte)'"', to);
    }
}
