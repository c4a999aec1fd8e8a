using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The functions that every template has: Jinja's, and the two of Transformers.</summary>
internal static class Functions
{
    /// <summary>By name.</summary>
    public static IEnumerable<Operation> All { get; } =
    [
        new("raise_exception", new Signature("message"), static (_, arguments, renderer) =>
            throw new TemplateRenderException(renderer.Print(arguments[0]!).Text is { Length: > 0 } message ? message : "it does not say why") { IsPlaced = true }),
        new("strftime_now", new Signature("format"), static (_, arguments, renderer) => TimeText.Format(arguments.Text(0), renderer.Clock.GetLocalNow())),
        new("range", new Signature("start", "stop?", "step?"), static (_, arguments, _) => Range(arguments)),
        new("namespace", Signature.Any, static (_, arguments, renderer) =>
            new NamespaceValue(Entries("namespace", arguments.All, renderer).GroupBy(static entry => Name(entry.Key), static entry => entry.Value)
                .ToDictionary(static group => group.Key, static group => group.Last()))),
        new("dict", Signature.Any, static (_, arguments, renderer) => MapValue.Paid(Entries("dict", arguments.All, renderer), renderer.Budget)),
        new("joiner", new Signature("sep?"), static (_, arguments, _) => new JoinerValue(arguments[0] ?? TextValue.Trusted(", "))),
        new("cycler", Signature.Any, static (_, arguments, _) => arguments.All.Positional.Count > 0
            ? new CyclerValue(arguments.All.Positional)
            : throw new TemplateRenderException("'cycler' is given nothing")),
    ];

    private static RangeValue Range(BoundArguments arguments)
    {
        var first = Integer(arguments[0]!);
        return arguments[1] is { } stop ? new RangeValue(first, Integer(stop), arguments[2] is { } step ? Integer(step) : 1) : new RangeValue(0, first, 1);
    }

    private static long Integer(TemplateValue value) => Numbers.Integer(value) is not { } number ? throw (value as UndefinedValue)?.Fault() ?? new TemplateRenderException($"'range' does not take {value.Kind}")
        : number >= int.MinValue && number <= int.MaxValue ? (long)number
        : throw new TemplateRenderException($"a range of more than {RangeValue.MaximumLength:N0}");

    // From a mapping or pairs, and from arguments by name.
    private static IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> Entries(string function, CallArguments arguments, Renderer renderer)
    {
        if (arguments.Positional.Count > 1)
        {
            throw new TemplateRenderException($"'{function}' takes at most 1 argument without a name");
        }

        IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> given = arguments.Positional switch
        {
            [] => [],
            [MapValue map] => map.Entries,
            [var pairs] => renderer.Iterate(pairs).Select(pair => Iteration.Items(pair)?.ToArray() is [var key, var value]
                ? KeyValuePair.Create(key, value)
                : throw new TemplateRenderException($"'{function}' takes a mapping or pairs")),
            _ => throw new TemplateRenderException($"'{function}' takes a mapping or pairs"),
        };
        return given.Concat(arguments.Named.Select(static named => KeyValuePair.Create<TemplateValue, TemplateValue>(TextValue.Trusted(named.Key), named.Value)));
    }

    private static string Name(TemplateValue key) => key is TextValue name ? name.Text : throw new TemplateRenderException("the attributes of a namespace have names");
}
