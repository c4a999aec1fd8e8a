using System.Globalization;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>Computes a template's expressions; the meaning is Jinja's, which is Python's.</summary>
internal sealed class ExpressionEvaluator(RenderBudget budget)
{
    /// <exception cref="TemplateRenderException">The template refuses, or an operation does not fit its operands.</exception>
    public TemplateValue Evaluate(Expression expression, TemplateScope scope)
    {
        budget.Spend();
        return expression switch
        {
            LiteralExpression literal => literal.Value,
            NameExpression name => scope[name.Name],
            MemberExpression member => Member(Evaluate(member.Target, scope), Evaluate(member.Key, scope)),
            SliceExpression slice => Slice(slice, scope),
            FilterExpression filter => Filter(filter, scope),
            TestExpression test => new TruthValue(Passes(test.Test, Evaluate(test.Target, scope))),
            NotExpression not => new TruthValue(!Evaluate(not.Operand, scope).IsTrue),
            BinaryExpression { Operator: "and" } and => Evaluate(and.Left, scope) is { IsTrue: false } left ? left : Evaluate(and.Right, scope),
            BinaryExpression { Operator: "or" } or => Evaluate(or.Left, scope) is { IsTrue: true } left ? left : Evaluate(or.Right, scope),
            BinaryExpression binary => Binary(binary.Operator, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope)),
            RaiseExpression raise => throw new TemplateRenderException(ToText(Evaluate(raise.Message, scope)).Text),
            _ => throw new InvalidOperationException($"There is no rule for {expression.GetType().Name}."),
        };
    }

    /// <summary>A value as it is printed.</summary>
    public static TextValue ToText(TemplateValue value) => value switch
    {
        TextValue text => text,
        NumberValue number => TextValue.Trusted(number.Value.ToString(CultureInfo.InvariantCulture)),
        DecimalValue number => TextValue.Trusted(number.Text),
        TruthValue truth => TextValue.Trusted(truth.Value ? "True" : "False"),
        NoneValue => TextValue.Trusted("None"),
        UndefinedValue => TextValue.Empty,
        _ => throw new TemplateRenderException($"{value.Kind} cannot be printed"),
    };

    private static bool Passes(string test, TemplateValue value) => test switch
    {
        "none" => value is NoneValue,
        "string" => value is TextValue,
        "mapping" => value is MapValue,
        _ => value is not UndefinedValue,
    };

    private TemplateValue Binary(string @operator, TemplateValue left, TemplateValue right) => (@operator, left, right) switch
    {
        ("~", _, _) => Join(ToText(left), ToText(right)),
        ("+", TextValue a, TextValue b) => Join(a, b),
        ("+", NumberValue a, NumberValue b) => new NumberValue(unchecked(a.Value + b.Value)),
        ("-", NumberValue a, NumberValue b) => new NumberValue(unchecked(a.Value - b.Value)),
        ("==", _, _) => new TruthValue(AreEqual(left, right)),
        ("!=", _, _) => new TruthValue(!AreEqual(left, right)),
        ("in", TextValue part, TextValue whole) => new TruthValue(Contains(whole, part)),
        ("in", TextValue key, MapValue map) => new TruthValue(map.Entries.ContainsKey(key.Text)),
        ("in", _, ListValue list) => new TruthValue(list.Items.Any(item => AreEqual(item, left))),
        ("<" or ">" or "<=" or ">=", TextValue a, TextValue b) => Ordered(@operator, string.CompareOrdinal(a.Text, b.Text)),
        ("<" or ">" or "<=" or ">=", NumberValue a, NumberValue b) => Ordered(@operator, a.Value.CompareTo(b.Value)),
        _ => throw new TemplateRenderException($"'{@operator}' does not take {left.Kind} and {right.Kind}"),
    };

    private TextValue Join(TextValue left, TextValue right)
    {
        var length = left.Text.Length + right.Text.Length;
        RenderBudget.LimitLength(length);
        budget.Spend(length);
        return left.Append(right);
    }

    private bool Contains(TextValue whole, TextValue part)
    {
        budget.Spend(whole.Text.Length);
        return whole.Text.Contains(part.Text, StringComparison.Ordinal);
    }

    private bool AreEqual(TemplateValue left, TemplateValue right)
    {
        budget.Spend();
        return (left, right) switch
        {
            (TextValue a, TextValue b) => a.Text == b.Text,
            (NumberValue a, NumberValue b) => a.Value == b.Value,
            (TruthValue a, TruthValue b) => a.Value == b.Value,
            (NoneValue, NoneValue) or (UndefinedValue, UndefinedValue) => true,
            _ => ReferenceEquals(left, right),
        };
    }

    private static TruthValue Ordered(string @operator, int order) => new(@operator switch
    {
        "<" => order < 0,
        ">" => order > 0,
        "<=" => order <= 0,
        _ => order >= 0,
    });

    private TemplateValue Member(TemplateValue target, TemplateValue key)
    {
        switch (target, key)
        {
            case (MapValue map, TextValue name):
                return map.Entries.TryGetValue(name.Text, out var value) ? value : new UndefinedValue(name.Text);
            case (ListValue list, NumberValue index):
                var at = index.Value < 0 ? index.Value + list.Items.Count : index.Value;
                return at >= 0 && at < list.Items.Count ? list.Items[(int)at] : new UndefinedValue($"[{index.Value}]");
            case (TextValue text, NumberValue index):
                budget.Spend(text.Text.Length);
                var point = index.Value < 0 ? index.Value + text.CodePoints : index.Value;
                return point >= 0 && point < text.CodePoints ? text.Slice((int)point, (int)point + 1) : new UndefinedValue($"[{index.Value}]");
            default:
                throw new TemplateRenderException($"{target.Kind} has no member {(key is TextValue named ? $"'{named.Text}'" : "of that kind")}");
        }
    }

    private TemplateValue Slice(SliceExpression slice, TemplateScope scope)
    {
        var target = Evaluate(slice.Target, scope);
        var count = target switch
        {
            ListValue list => list.Items.Count,
            TextValue text => text.CodePoints,
            _ => throw new TemplateRenderException($"{target.Kind} cannot be sliced"),
        };
        var from = Bound(slice.From, 0, count, scope);
        var to = Math.Max(from, Bound(slice.To, count, count, scope));
        budget.Spend(target is TextValue cut ? cut.Text.Length : count);
        return target is TextValue whole ? whole.Slice(from, to) : new ListValue([.. ((ListValue)target).Items.Skip(from).Take(to - from)]);
    }

    private int Bound(Expression? bound, int absent, int count, TemplateScope scope) => bound is null ? absent : Evaluate(bound, scope) switch
    {
        NoneValue => absent,
        NumberValue number => (int)Math.Clamp(number.Value < 0 ? number.Value + count : number.Value, 0, count),
        var other => throw new TemplateRenderException($"{other.Kind} is no bound of a slice"),
    };

    private TemplateValue Filter(FilterExpression filter, TemplateScope scope)
    {
        var target = Evaluate(filter.Target, scope);
        if (filter.Filter == "default")
        {
            var alsoFalse = filter.Arguments.Count > 1 && Evaluate(filter.Arguments[1], scope).IsTrue;
            return target is UndefinedValue || (alsoFalse && !target.IsTrue) ? Evaluate(filter.Arguments[0], scope) : target;
        }

        if (filter.Filter == "length")
        {
            return new NumberValue(target switch
            {
                TextValue text => text.CodePoints,
                ListValue list => list.Items.Count,
                MapValue map => map.Entries.Count,
                UndefinedValue => 0,
                _ => throw new TemplateRenderException($"{target.Kind} has no length"),
            });
        }

        if (filter.Filter == "tojson")
        {
            return JsonValues.Write(target, budget);
        }

        var subject = ToText(target);
        budget.Spend(subject.Text.Length);
        return filter.Filter switch
        {
            "trim" => subject.Trim(),
            "upper" => subject.Map(static part => part.ToUpperInvariant()),
            "lower" => subject.Map(static part => part.ToLowerInvariant()),
            _ => throw new InvalidOperationException($"There is no rule for the filter {filter.Filter}."),
        };
    }
}
