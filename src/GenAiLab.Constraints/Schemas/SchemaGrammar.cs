using System.Text.Json;
using GenAiLab.Constraints.Automata;
using GenAiLab.Constraints.Expressions;
using GenAiLab.Constraints.Grammars;

namespace GenAiLab.Constraints.Schemas;

/// <summary>
/// Turns a schema into a grammar: a rule for each set of schemas that one value must satisfy together, so that
/// $ref may be recursive and allOf may merge what it likes. Not thread-safe.
/// </summary>
internal sealed partial class SchemaGrammar
{
    private const int MaximumReasons = 4;
    private const int MaximumReferences = 16;
    private readonly SchemaDocument _document;
    private readonly CompilationBudget _budget;
    private readonly bool _onlyTellsApart;
    private readonly bool _rootIsTyped;
    private readonly GrammarBuilder _builder;
    private readonly JsonLayout _layout;
    private readonly JsonStrings _strings;
    private readonly StringAutomata _contents;
    private readonly SchemaEvaluator _evaluator;
    private readonly SchemaExpansion _expansion;
    private readonly Dictionary<string, Rule> _rules = [];
    private readonly Queue<(Rule Rule, int[] Demands)> _pending = new();
    private readonly Dictionary<string, Rule> _numbers = [];
    private readonly HashSet<int> _checked = [];
    private readonly List<string> _reasons = [];

    // Only tells apart: whether there is a value at all is asked, not how it is spelled.
    private SchemaGrammar(SchemaDocument document, CompilationBudget budget, bool onlyTellsApart = false, bool rootIsTyped = true)
    {
        (_document, _budget, _onlyTellsApart, _rootIsTyped) = (document, budget, onlyTellsApart, rootIsTyped);
        _builder = new GrammarBuilder(budget);
        _layout = new JsonLayout(_builder);
        _strings = new JsonStrings(_builder);
        _contents = new StringAutomata(budget);
        _evaluator = new SchemaEvaluator(document, _contents);
        _expansion = new SchemaExpansion(document, budget, CheckOneOf, Explain);
    }

    /// <summary>Why no text satisfies the schema, as far as is known.</summary>
    public string WhyNone => _reasons.Count > 0
        ? $"no text satisfies the schema: {string.Join("; ", _reasons)}"
        : "no text satisfies the schema: each value would have to hold another one without end, or a required property is forbidden";

    /// <exception cref="ConstraintException">It is not a schema, uses what is not supported, or is too large.</exception>
    public static (Grammar Grammar, Func<string> WhyNone) Of(string schema, CompilationBudget budget)
    {
        var document = SchemaDocument.Parse(schema);
        var grammar = new SchemaGrammar(document, budget);
        return (grammar.Build([document.Root.Id]), () => grammar.WhyNone);
    }

    private Grammar Build(IEnumerable<int> demands)
    {
        var root = RuleOf(demands);
        while (_pending.TryDequeue(out var next))
        {
            foreach (var alternative in _expansion.Alternatives(next.Demands))
            {
                // To tell schemas apart, keywords for one type say nothing of the others.
                var isTyped = !_onlyTellsApart || (_rootIsTyped && next.Rule == root);
                Emit(next.Rule, new MergedSchema([.. alternative.Select(_document.Node)]), isTyped);
            }
        }

        return _builder.Build(root);
    }

    private Rule RuleOf(IEnumerable<SchemaNode> nodes) => RuleOf(nodes.Select(node => Target(node).Id));

    // What only refers to another schema is that schema.
    private SchemaNode Target(SchemaNode node)
    {
        for (var steps = 0; steps < MaximumReferences && node is { IsPlain: false, AcceptsNothing: false, Reference: { } reference, AllOf: [], AnyOf: null, OneOf: null }; steps++)
        {
            node = _document.Resolve(reference, node.Pointer);
        }

        return node;
    }

    private Rule RuleOf(IEnumerable<int> demands)
    {
        int[] set = [.. demands.Distinct().Order()];
        var key = string.Join(',', set);
        if (!_rules.TryGetValue(key, out var rule))
        {
            _budget.Hold(256 + (8L * set.Length));
            rule = _builder.NewRule();
            _rules.Add(key, rule);
            _pending.Enqueue((rule, set));
        }

        return rule;
    }

    // Typed: where no type is named, the types that the keywords speak of are meant.
    private void Emit(Rule rule, MergedSchema schema, bool isTyped)
    {
        if (schema.Listed is not null)
        {
            EmitListed(rule, schema);
            return;
        }

        var types = isTyped && schema.Types == JsonTypes.All && schema.Implied != JsonTypes.None ? schema.Implied : schema.Types;
        if (types == JsonTypes.None)
        {
            Explain(schema, "the types contradict each other");
        }

        if (types.HasFlag(JsonTypes.Null))
        {
            _builder.Silent(_builder.Read(rule.Start, "null"u8), rule.End);
        }

        if (types.HasFlag(JsonTypes.Boolean))
        {
            _builder.ReadAny(rule.Start, ["true"u8.ToArray(), "false"u8.ToArray()], rule.End);
        }

        if (types.HasFlag(JsonTypes.Integer))
        {
            EmitNumber(rule, schema, integer: !types.HasFlag(JsonTypes.Fraction));
        }

        if (types.HasFlag(JsonTypes.String))
        {
            EmitString(rule, schema);
        }

        if (types.HasFlag(JsonTypes.Object))
        {
            EmitObject(rule, schema);
        }

        if (types.HasFlag(JsonTypes.Array))
        {
            EmitArray(rule, schema);
        }
    }

    private void EmitListed(Rule rule, MergedSchema schema)
    {
        var values = schema.Listed!.Where(value => schema.Nodes.All(node => _evaluator.AcceptsItself(node, value))).ToList();
        if (values.Count == 0)
        {
            Explain(schema, "none of the listed values satisfies the other keywords");
        }

        var scalars = values.ToLookup(static value => value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array));
        _builder.ReadAny(rule.Start, scalars[true].Select(JsonLayout.Scalar), rule.End);
        foreach (var value in scalars[false])
        {
            _builder.Silent(_layout.Literal(rule.Start, value), rule.End);
        }
    }

    private void EmitNumber(Rule rule, MergedSchema schema, bool integer)
    {
        if (!NumberAutomaton.HasAny(schema, integer))
        {
            Explain(schema, "no number lies between the bounds");
            return;
        }

        if (_onlyTellsApart)
        {
            _builder.Move(rule.Start, (byte)'0', (byte)'0', rule.End);
            return;
        }

        var key = $"{integer} {schema.Minimum} {schema.Maximum} {string.Join(' ', schema.MultiplesOf)}";
        if (!_numbers.TryGetValue(key, out var number))
        {
            number = _builder.NewRule();
            _numbers.Add(key, number);
            var automaton = NumberAutomaton.Of(schema, integer, _budget);
            _builder.Read(number.Start, automaton, number.End);
            if (automaton.IsEmpty)
            {
                Explain(schema, $"no number of at most {NumberAutomaton.Digits} digits satisfies minimum, maximum and multipleOf together");
            }
        }

        _builder.TailCall(rule.Start, number);
    }

    private void EmitString(Rule rule, MergedSchema schema)
    {
        if (schema.MaxLength < schema.MinLength)
        {
            Explain(schema, "minLength is greater than maxLength");
            return;
        }

        var content = _contents.Of(schema);
        if (content is { IsEmpty: true })
        {
            Explain(schema, "no string satisfies pattern, format and lengths together");
        }

        _builder.TailCall(rule.Start, content is null ? _strings.OfLength(schema.MinLength, schema.MaxLength) : _strings.OfContent(content));
    }

    // What is said of alternatives that are not the only ones is of no interest later.
    private void Explain(SchemaNode node, string reason)
    {
        var place = $"at {SchemaDocument.Shorten(node.Pointer)} {reason}";
        if (_reasons.Count < MaximumReasons && !_reasons.Contains(place))
        {
            _reasons.Add(place);
        }
    }

    private void Explain(MergedSchema schema, string reason)
    {
        if (schema.Nodes.Count > 0)
        {
            Explain(schema.Nodes[0], reason);
        }
    }
}
