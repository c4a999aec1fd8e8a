using GenAiLab.Constraints.Automata;
using GenAiLab.Constraints.Expressions;

namespace GenAiLab.Constraints.Schemas;

/// <summary>The contents of strings that schemas demand, as JSON spells them. Not thread-safe.</summary>
internal sealed class StringAutomata(CompilationBudget budget)
{
    private readonly Dictionary<string, ByteDfa> _patterns = [];
    private readonly Dictionary<string, ByteDfa> _formats = [];
    private readonly Dictionary<string, ByteDfa?> _contents = [];

    /// <summary>The content of a string with patterns or formats, lengths included; null: it has none of them.</summary>
    public ByteDfa? Of(MergedSchema schema)
    {
        var key = string.Join('\n', schema.Nodes.SelectMany(static node => new[] { node.Pattern is null ? "" : $"p{node.Pattern}", node.Format is null ? "" : $"f{node.Format}" }).Where(static part => part.Length > 0).Distinct().Order(StringComparer.Ordinal));
        if (key.Length == 0)
        {
            return null;
        }

        key = $"{schema.MinLength} {schema.MaxLength} {key}";
        if (!_contents.TryGetValue(key, out var content))
        {
            foreach (var node in schema.Nodes)
            {
                content = And(content, node.Pattern is null ? null : Pattern(node));
                content = And(content, node.Format is null ? null : Format(node));
            }

            if (schema.MinLength > 0 || schema.MaxLength is not null)
            {
                content = And(content, Length(schema.MinLength, schema.MaxLength));
            }

            _contents.Add(key, content);
        }

        return content;
    }

    /// <summary>Whether a string satisfies what one schema says of its pattern and format.</summary>
    public bool Matches(SchemaNode node, string text) =>
        (node.Pattern is null || Pattern(node).Matches(TextEncodings.Spell(text, TextEncoding.JsonString)))
        && (node.Format is null || Format(node).Matches(TextEncodings.Spell(text, TextEncoding.JsonString)));

    private ByteDfa? And(ByteDfa? left, ByteDfa? right) => left is null ? right : right is null ? left : DfaProduct.And(left, right, budget);

    private ByteDfa Pattern(SchemaNode node)
    {
        if (!_patterns.TryGetValue(node.Pattern!, out var automaton))
        {
            try
            {
                automaton = RegexCompiler.Compile(RegexAnchors.Somewhere(RegexParser.Parse(node.Pattern!)), TextEncoding.JsonString, budget);
            }
            catch (ConstraintException refused)
            {
                throw node.Refuse($"pattern: {refused.Message}");
            }

            _patterns.Add(node.Pattern!, automaton);
        }

        return automaton;
    }

    private ByteDfa Format(SchemaNode node)
    {
        if (!_formats.TryGetValue(node.Format!, out var automaton))
        {
            automaton = SchemaFormats.TryGet(node.Format!, out var pattern)
                ? RegexCompiler.Compile(pattern, TextEncoding.JsonString, budget)
                : throw node.Refuse($"the format '{SchemaDocument.Shorten(node.Format!)}' is not supported; {string.Join(", ", SchemaFormats.Names)} are");
            _formats.Add(node.Format!, automaton);
        }

        return automaton;
    }

    private ByteDfa Length(int minimum, int? maximum) => maximum < minimum
        ? new ByteDfa(new byte[256], 1, [], [])
        : RegexCompiler.Compile(new RegexNode.Repetition(new RegexNode.Character(CodePointSet.All), minimum, maximum), TextEncoding.JsonString, budget);
}
