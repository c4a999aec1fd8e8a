using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>Which keys of a mapping are the same, as in Python: texts by their characters, numbers by their value, whatever their type.</summary>
internal sealed class KeyComparer : IEqualityComparer<TemplateValue>
{
    public static readonly KeyComparer Instance = new();

    public bool Equals(TemplateValue? left, TemplateValue? right) => (left, right) switch
    {
        (TextValue a, TextValue b) => a.Text == b.Text,
        (TupleValue a, TupleValue b) => a.Items.SequenceEqual(b.Items, this),
        ({ } a, { } b) when Numbers.IsNumber(a) && Numbers.IsNumber(b) => Numbers.Compare(a, b) == 0,
        (UndefinedValue, UndefinedValue) => true,
        _ => ReferenceEquals(left, right),
    };

    /// <exception cref="TemplateRenderException">It can be changed in Python, and is no key.</exception>
    public int GetHashCode(TemplateValue value) => value switch
    {
        TextValue text => text.Text.GetHashCode(StringComparison.Ordinal),
        TupleValue tuple => tuple.Items.Aggregate(tuple.Items.Count, (hash, item) => HashCode.Combine(hash, GetHashCode(item))),
        DecimalValue number when number.Value % 1 != 0 => number.Value.GetHashCode(),
        DecimalValue number => new BigInteger(number.Value).GetHashCode(),
        NumberValue number => number.Value.GetHashCode(),
        TruthValue truth => new BigInteger(truth.Value ? 1 : 0).GetHashCode(),
        ListValue or MapValue or MapViewValue => throw new TemplateRenderException($"{value.Kind} cannot be a key"),
        UndefinedValue => 0,
        _ => value.GetHashCode(),
    };
}
