using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>A mapping, in the order in which keys were first given; templates cannot change one.</summary>
internal sealed class MapValue : TemplateValue
{
    private readonly OrderedDictionary<TemplateValue, TemplateValue> _entries;

    /// <param name="entries">Of equal keys the first is kept, with the last's value, as in Python.</param>
    public MapValue(IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> entries)
    {
        _entries = new(KeyComparer.Instance);
        foreach (var (key, value) in entries)
        {
            _entries[key] = value;
        }

        Depth = Math.Max(DepthOf(_entries.Values), DepthOf(_entries.Keys));
    }

    /// <summary>A mapping whose keys are the template's.</summary>
    public MapValue(params IEnumerable<(string Key, TemplateValue Value)> entries)
        : this(entries.Select(static entry => KeyValuePair.Create<TemplateValue, TemplateValue>(TextValue.Trusted(entry.Key), entry.Value)))
    {
    }

    /// <summary>A mapping whose keys a template chose.</summary>
    public static MapValue Paid(IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> entries, RenderBudget budget) => new(entries.Select(entry =>
    {
        budget.SpendKey(entry.Key);
        return entry;
    }));

    public IReadOnlyDictionary<TemplateValue, TemplateValue> Entries => _entries;

    public override bool IsTrue => _entries.Count > 0;

    public override string Kind => "a mapping";

    public override int Depth { get; }
}

/// <summary>What a mapping's keys(), values() and items() give.</summary>
/// <param name="map">The mapping.</param>
/// <param name="method">Which of them.</param>
internal sealed class MapViewValue(MapValue map, string method) : TemplateValue
{
    public string Name => $"dict_{method}";

    public int Count => map.Entries.Count;

    public IEnumerable<TemplateValue> Items => method switch
    {
        "keys" => map.Entries.Keys,
        "values" => map.Entries.Values,
        _ => map.Entries.Select(static entry => new TupleValue(entry.Key, entry.Value)),
    };

    public override bool IsTrue => Count > 0;

    public override string Kind => $"the {method} of a mapping";

    public override int Depth => map.Depth;
}
