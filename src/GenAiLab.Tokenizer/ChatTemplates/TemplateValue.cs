namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>A value of a template's expression: one of the types below, or a <see cref="TextValue"/>.</summary>
internal abstract class TemplateValue
{
    /// <summary>Whether <c>if</c> takes it for true, by Python's rule: what is empty, zero or absent is false.</summary>
    public bool IsTrue => this switch
    {
        TruthValue truth => truth.Value,
        NumberValue number => number.Value != 0,
        DecimalValue number => number.Text.AsSpan().ContainsAnyInRange('1', '9'),
        TextValue text => text.Text.Length > 0,
        ListValue list => list.Items.Count > 0,
        MapValue map => map.Entries.Count > 0,
        _ => false,
    };

    /// <summary>What messages call it.</summary>
    public string Kind => this switch
    {
        TruthValue => "a boolean",
        NumberValue => "an integer",
        DecimalValue => "a number",
        TextValue => "a text",
        ListValue => "a list",
        MapValue => "a mapping",
        NoneValue => "none",
        UndefinedValue undefined => $"'{undefined.Name}', which is undefined,",
        _ => "a value",
    };
}

internal sealed class TruthValue(bool value) : TemplateValue
{
    public bool Value => value;
}

internal sealed class NumberValue(long value) : TemplateValue
{
    public long Value => value;
}

/// <summary>A number of a caller's JSON that is no integer, as it was written there. Templates can print it, and that is all.</summary>
internal sealed class DecimalValue(string text) : TemplateValue
{
    public string Text => text;
}

internal sealed class ListValue(IReadOnlyList<TemplateValue> items) : TemplateValue
{
    public IReadOnlyList<TemplateValue> Items => items;
}

internal sealed class MapValue(IReadOnlyDictionary<string, TemplateValue> entries) : TemplateValue
{
    public IReadOnlyDictionary<string, TemplateValue> Entries => entries;
}

internal sealed class NoneValue : TemplateValue
{
    public static readonly NoneValue Instance = new();
}

/// <summary>What a name or key stands for that nothing was assigned to: false and empty, and a fault where a value is needed.</summary>
internal sealed class UndefinedValue(string name) : TemplateValue
{
    public string Name => name;
}
