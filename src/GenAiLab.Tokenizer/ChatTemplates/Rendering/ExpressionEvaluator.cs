using GenAiLab.Tokenizer.ChatTemplates.Syntax;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Computes a template's expressions; the meaning is Jinja's, which is Python's.</summary>
internal sealed class ExpressionEvaluator(Renderer renderer)
{
    private readonly Operators _operators = new(renderer);
    private readonly Comparison _comparison = new(renderer.Budget);

    /// <exception cref="TemplateRenderException">The template refuses, or an operation does not fit its operands.</exception>
    public TemplateValue Evaluate(Expression expression, TemplateScope scope)
    {
        renderer.Budget.Spend();
        return expression switch
        {
            LiteralExpression literal => literal.Value,
            NameExpression name => scope[name.Name],
            AttributeExpression attribute => Members.Attribute(Evaluate(attribute.Target, scope), attribute.Name),
            ItemExpression item => Members.Item(Evaluate(item.Target, scope), Evaluate(item.Key, scope), renderer.Budget),
            SliceExpression slice => Members.Slice(
                Evaluate(slice.Target, scope), Bound(slice.From, scope), Bound(slice.To, scope), Bound(slice.Step, scope), renderer.Budget),
            CallExpression call => renderer.Call(Evaluate(call.Target, scope), Arguments(call.Arguments, scope)),
            FilterExpression filter => Filter(Evaluate(filter.Target, scope), filter.Filter, scope),
            TestExpression { Test: var test } tested => test.Operation.Run(Evaluate(tested.Target, scope), Arguments(test.Arguments, scope), renderer),
            NotExpression not => TruthValue.Of(!Evaluate(not.Operand, scope).IsTrue),
            SignExpression sign => Operators.Sign(sign.IsNegative, Evaluate(sign.Operand, scope)),
            BinaryExpression { Operator: "and" } and => Evaluate(and.Left, scope) is { IsTrue: false } left ? left : Evaluate(and.Right, scope),
            BinaryExpression { Operator: "or" } or => Evaluate(or.Left, scope) is { IsTrue: true } left ? left : Evaluate(or.Right, scope),
            BinaryExpression { Operator: "~" } join => _operators.Join(renderer.Print(Evaluate(join.Left, scope)), renderer.Print(Evaluate(join.Right, scope))),
            BinaryExpression binary => _operators.Apply(binary.Operator, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope)),
            ComparisonExpression comparison => Compare(comparison, scope),
            ConditionalExpression conditional => Choose(conditional, scope),
            ListExpression list => new ListValue(All(list.Items, scope)),
            TupleExpression tuple => new TupleValue(All(tuple.Items, scope)),
            MapExpression map => MapValue.Paid(map.Entries.Select(entry => KeyValuePair.Create(Evaluate(entry.Key, scope), Evaluate(entry.Value, scope))), renderer.Budget),
            _ => throw new InvalidOperationException($"There is no rule for {expression.GetType().Name}."),
        };
    }

    /// <summary>The arguments of a call.</summary>
    public CallArguments Arguments(ArgumentList arguments, TemplateScope scope)
    {
        if (arguments == ArgumentList.Empty)
        {
            return CallArguments.Empty;
        }

        List<TemplateValue> positional = [.. All(arguments.Positional, scope)];
        List<KeyValuePair<string, TemplateValue>> named =
            [.. arguments.Named.Select(argument => KeyValuePair.Create(argument.Name, Evaluate(argument.Value, scope)))];
        if (arguments.More is { } more)
        {
            positional.AddRange(renderer.Iterate(Evaluate(more, scope)));
        }

        if (arguments.MoreNamed is { } moreNamed)
        {
            var map = Evaluate(moreNamed, scope) as MapValue ?? throw new TemplateRenderException("what follows two stars is no mapping");
            foreach (var (key, value) in map.Entries)
            {
                renderer.Budget.SpendKey(key);
                named.Add(KeyValuePair.Create(key is TextValue name ? name.Text : throw new TemplateRenderException("the name of an argument is no text"), value));
            }
        }

        return named.DistinctBy(static argument => argument.Key).Count() == named.Count
            ? new CallArguments(positional, named)
            : throw new TemplateRenderException("an argument that is given twice");
    }

    /// <summary>What a filter makes of a value.</summary>
    public TemplateValue Filter(TemplateValue value, AppliedOperation filter, TemplateScope scope) =>
        filter.Operation.Run(value, Arguments(filter.Arguments, scope), renderer);

    private TemplateValue Bound(Expression? bound, TemplateScope scope) => bound is null ? NoneValue.Instance : Evaluate(bound, scope);

    private TemplateValue[] All(IReadOnlyList<Expression> expressions, TemplateScope scope) => [.. expressions.Select(part => Evaluate(part, scope))];

    private TruthValue Compare(ComparisonExpression comparison, TemplateScope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (@operator, operand) in comparison.Others)
        {
            var right = Evaluate(operand, scope);
            if (!_comparison.Holds(@operator, left, right))
            {
                return TruthValue.False;
            }

            left = right;
        }

        return TruthValue.True;
    }

    private TemplateValue Choose(ConditionalExpression conditional, TemplateScope scope) =>
        Evaluate(conditional.Condition, scope).IsTrue ? Evaluate(conditional.Value, scope)
        : conditional.Otherwise is { } otherwise ? Evaluate(otherwise, scope)
        : new UndefinedValue("the inline 'if' is false and has no 'else'");
}
