using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>What values consist of, where they consist of something.</summary>
internal static class Iteration
{
    /// <summary>The items that a loop over the value takes; of a text its characters, of a mapping its keys. Null: it cannot be looped over.</summary>
    public static IEnumerable<TemplateValue>? Items(TemplateValue value) => value switch
    {
        ListValue list => list.Items,
        TupleValue tuple => tuple.Items,
        MapValue map => map.Entries.Keys,
        MapViewValue view => view.Items,
        TextValue text => Characters(text),
        RangeValue range => Enumerable.Range(0, range.Length).Select(index => range[index]),
        GeneratorValue generator => generator.Rest(),
        UndefinedValue => [],
        _ => null,
    };

    /// <summary>Those of what can be indexed.</summary>
    public static IReadOnlyList<TemplateValue>? Sequence(TemplateValue value) => value switch
    {
        ListValue list => list.Items,
        TupleValue tuple => tuple.Items,
        _ => null,
    };

    /// <summary>What len() gives. Null: it has no length.</summary>
    public static int? Length(TemplateValue value) => value switch
    {
        TextValue text => text.CodePoints,
        ListValue list => list.Items.Count,
        TupleValue tuple => tuple.Items.Count,
        MapValue map => map.Entries.Count,
        MapViewValue view => view.Count,
        RangeValue range => range.Length,
        UndefinedValue => 0,
        _ => null,
    };

    private static IEnumerable<TemplateValue> Characters(TextValue text)
    {
        for (var at = 0; at < text.Text.Length; at += text.LengthAt(at))
        {
            yield return text.Cut(at, at + text.LengthAt(at));
        }
    }
}
