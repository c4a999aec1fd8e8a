using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>What is equal, before and in what, as Python has it.</summary>
internal sealed class Comparison(RenderBudget budget)
{
    /// <param name="operator">==, !=, &lt;, &gt;, &lt;=, &gt;=, in or not in.</param>
    /// <param name="left">Before it.</param>
    /// <param name="right">After it.</param>
    /// <exception cref="TemplateRenderException">The operands cannot be compared so.</exception>
    public bool Holds(string @operator, TemplateValue left, TemplateValue right) => @operator switch
    {
        "==" => AreEqual(left, right),
        "!=" => !AreEqual(left, right),
        "in" => IsIn(left, right),
        "not in" => !IsIn(left, right),
        "<" => Order(@operator, left, right) < 0,
        ">" => Order(@operator, left, right) > 0,
        "<=" => Order(@operator, left, right) <= 0,
        _ => Order(@operator, left, right) >= 0,
    };

    public bool AreEqual(TemplateValue left, TemplateValue right)
    {
        budget.Spend();
        return (left, right) switch
        {
            (TextValue a, TextValue b) => AreEqual(a.Text, b.Text),
            (ListValue a, ListValue b) => AllEqual(a.Items, b.Items),
            (TupleValue a, TupleValue b) => AllEqual(a.Items, b.Items),
            (MapValue a, MapValue b) => a.Entries.Count == b.Entries.Count
                && a.Entries.All(entry => Find(b, entry.Key) is { } other && AreEqual(entry.Value, other)),
            (RangeValue a, RangeValue b) => a.Length == b.Length && (a.Length == 0 || a.Start == b.Start) && (a.Length <= 1 || a.Step == b.Step),
            (UndefinedValue, UndefinedValue) => true,
            _ when Numbers.IsNumber(left) && Numbers.IsNumber(right) => Numbers.Compare(left, right) == 0,
            _ => ReferenceEquals(left, right),
        };
    }

    /// <summary>Whether a value lies in another: an item, a key, or a part of a text.</summary>
    /// <exception cref="TemplateRenderException">Nothing can lie in that.</exception>
    public bool IsIn(TemplateValue part, TemplateValue whole)
    {
        switch (whole)
        {
            case TextValue text when part is TextValue sought:
                budget.SpendSearch(text.Text, sought.Text);
                return text.Text.Contains(sought.Text, StringComparison.Ordinal);
            case TextValue when part is UndefinedValue undefined:
                throw undefined.Fault();
            case MapValue map:
                return Find(map, part) is not null;
            case RangeValue or ListValue or TupleValue or MapViewValue or GeneratorValue or UndefinedValue:
                return Iteration.Items(whole)!.Any(item => AreEqual(item, part));
            default:
                throw new TemplateRenderException($"'in' does not take {part.Kind} and {whole.Kind}");
        }
    }

    /// <summary>Below, above or at 0 as left comes before, after or with right; null: one is no number.</summary>
    /// <exception cref="TemplateRenderException">They have no order.</exception>
    public int? Order(string @operator, TemplateValue left, TemplateValue right)
    {
        budget.Spend();
        return (left, right) switch
        {
            (UndefinedValue undefined, _) => throw undefined.Fault(),
            (_, UndefinedValue undefined) => throw undefined.Fault(),
            (TextValue a, TextValue b) => Order(a.Text, b.Text),
            (ListValue a, ListValue b) => Order(@operator, a.Items, b.Items),
            (TupleValue a, TupleValue b) => Order(@operator, a.Items, b.Items),
            _ when Numbers.IsNumber(left) && Numbers.IsNumber(right) => Numbers.Compare(left, right),
            _ => throw new TemplateRenderException($"'{@operator}' does not take {left.Kind} and {right.Kind}"),
        };
    }

    private int? Order(string @operator, IReadOnlyList<TemplateValue> left, IReadOnlyList<TemplateValue> right)
    {
        for (var index = 0; index < left.Count && index < right.Count; index++)
        {
            if (!AreEqual(left[index], right[index]))
            {
                return Order(@operator, left[index], right[index]);
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    private bool AreEqual(string left, string right)
    {
        budget.Spend(left.Length == right.Length ? left.Length : 0);
        return left == right;
    }

    private TemplateValue? Find(MapValue map, TemplateValue key)
    {
        budget.SpendKey(key);
        return map.Entries.GetValueOrDefault(key);
    }

    private bool AllEqual(IReadOnlyList<TemplateValue> left, IReadOnlyList<TemplateValue> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var index = 0; index < left.Count; index++)
        {
            if (!AreEqual(left[index], right[index]))
            {
                return false;
            }
        }

        return true;
    }

    // By code points, where UTF-16 has some of them in another order.
    private int Order(string left, string right)
    {
        budget.Spend(Math.Min(left.Length, right.Length));
        var at = left.AsSpan().CommonPrefixLength(right);
        if (at == left.Length || at == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        var (a, b) = (left[at], right[at]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }
}
