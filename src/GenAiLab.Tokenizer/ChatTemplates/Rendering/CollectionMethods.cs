using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The methods of mappings, lists, loops and cyclers.</summary>
internal static class CollectionMethods
{
    public static IEnumerable<Operation> OfMappings { get; } =
    [
        new("get", new Signature("key", "default?"), static (map, arguments, renderer) =>
        {
            renderer.Budget.SpendKey(arguments[0]!);
            return ((MapValue)map).Entries.TryGetValue(arguments[0]!, out var value) ? value : arguments[1] ?? NoneValue.Instance;
        }),
        new("keys", Signature.None, static (map, _, _) => new MapViewValue((MapValue)map, "keys")),
        new("values", Signature.None, static (map, _, _) => new MapViewValue((MapValue)map, "values")),
        new("items", Signature.None, static (map, _, _) => new MapViewValue((MapValue)map, "items")),
        new("copy", Signature.None, static (map, _, _) => map),
    ];

    public static IEnumerable<Operation> OfSequences { get; } =
    [
        new("index", new Signature("value"), static (list, arguments, renderer) => IndexOf(list, arguments[0]!, renderer)),
        new("count", new Signature("value"), static (list, arguments, renderer) =>
            new NumberValue(Iteration.Items(list)!.Count(item => new Comparison(renderer.Budget).AreEqual(item, arguments[0]!)))),
        new("copy", Signature.None, static (list, _, _) => list),
    ];

    public static IEnumerable<Operation> OfLoops { get; } =
    [
        new("cycle", Signature.Any, static (loop, arguments, _) => ((LoopValue)loop).Cycle(arguments.All.Positional)),
        new("changed", Signature.Any, static (loop, arguments, renderer) =>
            TruthValue.Of(((LoopValue)loop).Changed(arguments.All.Positional, new Comparison(renderer.Budget).AreEqual))),
    ];

    public static IEnumerable<Operation> OfCyclers { get; } =
    [
        new("next", Signature.None, static (cycler, _, _) => ((CyclerValue)cycler).Next()),
        new("reset", Signature.None, static (cycler, _, _) =>
        {
            ((CyclerValue)cycler).Reset();
            return NoneValue.Instance;
        }),
    ];

    private static NumberValue IndexOf(TemplateValue list, TemplateValue sought, Renderer renderer)
    {
        var comparison = new Comparison(renderer.Budget);
        var items = Iteration.Sequence(list)!;
        for (var index = 0; index < items.Count; index++)
        {
            if (comparison.AreEqual(items[index], sought))
            {
                return new NumberValue(index);
            }
        }

        throw new TemplateRenderException($"{sought.Kind} is not in the list");
    }
}
