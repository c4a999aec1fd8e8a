using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The variables at one place of a template. A turn of a loop has a scope of its own: what it sets is gone after it.</summary>
internal sealed class TemplateScope(TemplateScope? outer)
{
    private readonly Dictionary<string, TemplateValue> _values = new(StringComparer.Ordinal);

    public TemplateValue this[string name]
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope._values.TryGetValue(name, out var value))
                {
                    return value;
                }
            }

            return UndefinedValue.Named(name);
        }
        set => _values[name] = value;
    }

    private TemplateScope? Outer => outer;
}
