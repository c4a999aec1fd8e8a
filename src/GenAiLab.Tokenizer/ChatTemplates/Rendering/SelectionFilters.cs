using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The filters that apply another filter or a test to every item, when the items are asked for.</summary>
internal static class SelectionFilters
{
    public static IEnumerable<Operation> All { get; } =
    [
        new("map", Signature.Any, static (value, arguments, renderer) => Map(value, arguments.All, renderer)),
        new("select", Signature.Any, static (value, arguments, renderer) => Select(value, arguments.All, renderer, byAttribute: false, wanted: true)),
        new("reject", Signature.Any, static (value, arguments, renderer) => Select(value, arguments.All, renderer, byAttribute: false, wanted: false)),
        new("selectattr", Signature.Any, static (value, arguments, renderer) => Select(value, arguments.All, renderer, byAttribute: true, wanted: true)),
        new("rejectattr", Signature.Any, static (value, arguments, renderer) => Select(value, arguments.All, renderer, byAttribute: true, wanted: false)),
    ];

    private static GeneratorValue Map(TemplateValue value, CallArguments arguments, Renderer renderer) => new(Mapped(value, arguments, renderer), value);

    private static IEnumerable<TemplateValue> Mapped(TemplateValue value, CallArguments arguments, Renderer renderer)
    {
        if (!value.IsTrue)
        {
            yield break;
        }

        Func<TemplateValue, TemplateValue> change;
        if (arguments.Positional.Count == 0)
        {
            var path = MemberPath.Read(Named("attribute") ?? throw new TemplateRenderException("'map' needs a filter or an attribute"));
            var absent = Named("default");
            if (arguments.Named.FirstOrDefault(static named => named.Key is not ("attribute" or "default")).Key is { } unknown)
            {
                throw new TemplateRenderException($"'map' takes no argument '{unknown}'");
            }

            change = item => path.Find(item, renderer.Budget, absent is NoneValue ? null : absent);
        }
        else
        {
            var filter = Operation(arguments, 0, "filter", Filters.Find);
            var further = arguments.After(1);
            change = item => filter.Run(item, further, renderer);
        }

        foreach (var item in renderer.Iterate(value))
        {
            yield return change(item);
        }

        TemplateValue? Named(string name) => arguments.Named.FirstOrDefault(named => named.Key == name).Value;
    }

    private static GeneratorValue Select(TemplateValue value, CallArguments arguments, Renderer renderer, bool byAttribute, bool wanted) =>
        new(Selected(value, arguments, renderer, byAttribute, wanted), value);

    private static IEnumerable<TemplateValue> Selected(TemplateValue value, CallArguments arguments, Renderer renderer, bool byAttribute, bool wanted)
    {
        if (!value.IsTrue)
        {
            yield break;
        }

        var at = byAttribute ? 1 : 0;
        if (arguments.Positional.Count < at)
        {
            throw new TemplateRenderException("a selection by an attribute needs the attribute's name");
        }

        var path = byAttribute ? MemberPath.Read(arguments.Positional[0]) : MemberPath.Itself;
        var test = arguments.Positional.Count > at ? Operation(arguments, at, "test", Tests.Find) : null;
        var further = arguments.After(at + 1);
        foreach (var item in renderer.Iterate(value))
        {
            var subject = path.Find(item, renderer.Budget);
            if ((test?.Run(subject, further, renderer) ?? subject).IsTrue == wanted)
            {
                yield return item;
            }
        }
    }

    private static Operation Operation(CallArguments arguments, int at, string kind, Func<string, Operation?> find) =>
        arguments.Positional[at] is TextValue { Text: var name } && find(name) is { } operation
            ? operation
            : throw new TemplateRenderException($"there is no such {kind}");
}
