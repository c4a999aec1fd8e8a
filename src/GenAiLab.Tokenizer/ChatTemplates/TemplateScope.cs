namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>The variables at one place of a template. A turn of a loop has a scope of its own: what it sets is gone after it.</summary>
internal sealed class TemplateScope(TemplateScope? outer)
{
    private readonly Dictionary<string, TemplateValue> _values = new(StringComparer.Ordinal);

    public TemplateValue this[string name]
    {
        get => _values.TryGetValue(name, out var value) ? value : outer?[name] ?? new UndefinedValue(name);
        set => _values[name] = value;
    }
}
