using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The filters that take any value.</summary>
internal static class ValueFilters
{
    private static readonly Signature DefaultArguments = new("default_value?", "boolean?");

    public static IEnumerable<Operation> All { get; } =
    [
        new("default", DefaultArguments, Default),
        new("d", DefaultArguments, Default),
        new("length", Signature.None, Length),
        new("count", Signature.None, Length),
        new("string", Signature.None, static (value, _, renderer) => renderer.Print(value)),
        new("attr", new Signature("name"), static (value, arguments, _) => Members.OnlyAttribute(value, arguments.Text(0))),
        new("tojson", new Signature("ensure_ascii?", "indent?", "separators?", "sort_keys?"), static (value, arguments, renderer) =>
            new JsonWriter(JsonStyle.Read(arguments), renderer.Budget).Write(value)),
    ];

    private static TemplateValue Default(TemplateValue value, BoundArguments arguments, Renderer renderer) =>
        value is UndefinedValue || (arguments.IsTrue(1) && !value.IsTrue) ? arguments[0] ?? TextValue.Empty : value;

    // How long a caller's text is, is the caller's to choose.
    private static NumberValue Length(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        if (value is TextValue text)
        {
            renderer.Budget.Spend(text.Text.Length);
        }

        return new(Iteration.Length(value) ?? throw new TemplateRenderException($"{value.Kind} has no length"), value is not TextValue { IsWhollyTrusted: false });
    }
}
