using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The filters that take lists and mappings as a whole.</summary>
internal static class SequenceFilters
{
    private static readonly Signature Extreme = new("case_sensitive?", "attribute?");

    public static IEnumerable<Operation> All { get; } =
    [
        new("list", Signature.None, static (value, _, renderer) => new ListValue([.. renderer.Iterate(value)])),
        new("first", Signature.None, static (value, _, renderer) => renderer.Iterate(value).FirstOrDefault(new UndefinedValue("there is no first item"))),
        new("last", Signature.None, static (value, _, renderer) => Last(value, renderer)),
        new("join", new Signature("d?", "attribute?"), Join),
        new("items", Signature.None, static (value, _, _) => Pairs(value)),
        new("dictsort", new Signature("case_sensitive?", "by?", "reverse?"), SortMap),
        new("sort", new Signature("reverse?", "case_sensitive?", "attribute?"), static (value, arguments, renderer) => new ListValue(
            new Sorting(renderer, arguments.IsTrue(1)).Sort([.. renderer.Iterate(value)], SortKeys(arguments[2]), arguments.IsTrue(0)))),
        new("unique", Extreme, static (value, arguments, renderer) => Unique(value, arguments, renderer)),
        new("reverse", Signature.None, static (value, _, renderer) => Reverse(value, renderer)),
        new("sum", new Signature("attribute?", "start?"), Sum),
        new("min", Extreme, static (value, arguments, renderer) => Best(value, arguments, renderer, "<")),
        new("max", Extreme, static (value, arguments, renderer) => Best(value, arguments, renderer, ">")),
        new("batch", new Signature("linecount", "fill_with?"), static (value, arguments, renderer) => Batch(value, arguments, renderer)),
        new("slice", new Signature("slices", "fill_with?"), static (value, arguments, renderer) => Slice(value, arguments, renderer)),
    ];

    private static TemplateValue Last(TemplateValue value, Renderer renderer) => value is not GeneratorValue
        ? renderer.Iterate(value).LastOrDefault(new UndefinedValue("there is no last item"))
        : throw new TemplateRenderException($"{value.Kind} has no last item: make it a list first");

    private static TextValue Join(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var joined = new TextJoiner(arguments[0] is { } separator ? renderer.Print(separator) : TextValue.Empty, renderer.Budget);
        var path = arguments.Has(1) ? MemberPath.Read(arguments[1]!) : MemberPath.Itself;
        foreach (var item in renderer.Iterate(value))
        {
            joined.Add(renderer.Print(path.Find(item, renderer.Budget)));
        }

        return joined.Build();
    }

    private static GeneratorValue Pairs(TemplateValue value) => value switch
    {
        MapValue map => new GeneratorValue(new MapViewValue(map, "items").Items, value),
        UndefinedValue => new GeneratorValue([], value),
        _ => throw new TemplateRenderException($"{value.Kind} has no items"),
    };

    private static ListValue SortMap(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var map = value as MapValue ?? throw (value as UndefinedValue)?.Fault() ?? new TemplateRenderException($"'dictsort' does not take {value.Kind}");
        var by = arguments[1] is null ? "key" : arguments.Text(1).Text;
        var at = by is "key" or "value" ? new MemberPath([new NumberValue(by == "key" ? 0 : 1)]) : throw new TemplateRenderException("'dictsort' sorts by \"key\" or \"value\"");
        renderer.Budget.SpendSteps(map.Entries.Count);
        return new ListValue(new Sorting(renderer, arguments.IsTrue(0)).Sort([.. new MapViewValue(map, "items").Items], [at], arguments.IsTrue(2)));
    }

    private static IReadOnlyList<MemberPath> SortKeys(TemplateValue? attribute) => attribute switch
    {
        null or NoneValue => [MemberPath.Itself],
        TextValue several => [.. several.Text.Split(',').Select(static one => MemberPath.Read(TextValue.Trusted(one)))],
        _ => [MemberPath.Read(attribute)],
    };

    private static GeneratorValue Unique(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var path = arguments.Has(1) ? MemberPath.Read(arguments[1]!) : MemberPath.Itself;
        var sorting = new Sorting(renderer, arguments.IsTrue(0));
        var seen = new HashSet<TemplateValue>(KeyComparer.Instance);
        return new GeneratorValue(renderer.Iterate(value).Where(IsNew), value);

        bool IsNew(TemplateValue item)
        {
            var key = sorting.Key(path.Find(item, renderer.Budget));
            renderer.Budget.SpendKey(key);
            return seen.Add(key);
        }
    }

    private static TemplateValue Reverse(TemplateValue value, Renderer renderer)
    {
        if (value is TextValue)
        {
            return Members.Slice(value, NoneValue.Instance, NoneValue.Instance, new NumberValue(-1), renderer.Budget);
        }

        var items = renderer.Iterate(value).Reverse().ToArray();
        return value is GeneratorValue ? new ListValue(items) : new GeneratorValue(items, value);
    }

    private static TemplateValue Sum(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var path = arguments.Has(0) ? MemberPath.Read(arguments[0]!) : MemberPath.Itself;
        var sum = arguments[1] ?? new NumberValue(0);
        if (sum is TextValue)
        {
            throw new TemplateRenderException("'sum' does not take texts");
        }

        var operators = new Operators(renderer);
        return renderer.Iterate(value).Aggregate(sum, (total, item) => operators.Apply("+", total, path.Find(item, renderer.Budget)));
    }

    private static TemplateValue Best(TemplateValue value, BoundArguments arguments, Renderer renderer, string better)
    {
        var path = arguments.Has(1) ? MemberPath.Read(arguments[1]!) : MemberPath.Itself;
        var sorting = new Sorting(renderer, arguments.IsTrue(0));
        var comparison = new Comparison(renderer.Budget);
        (TemplateValue Item, TemplateValue Key)? best = null;
        foreach (var item in renderer.Iterate(value))
        {
            var key = sorting.Key(path.Find(item, renderer.Budget));
            if (best is null || comparison.Holds(better, key, best.Value.Key))
            {
                best = (item, key);
            }
        }

        return best?.Item ?? new UndefinedValue("there is no item to choose from");
    }

    private static GeneratorValue Batch(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var (count, fill) = (Math.Max(1, arguments.Integer(0)), arguments.Has(1) ? arguments[1] : null);
        return new GeneratorValue(renderer.Iterate(value).Chunk(Math.Min(count, RangeValue.MaximumLength)).Select(items => Filled(items, fill is null ? 0 : count - items.Length, fill, renderer)), value);
    }

    private static GeneratorValue Slice(TemplateValue value, BoundArguments arguments, Renderer renderer)
    {
        var slices = arguments.Integer(0);
        var items = renderer.Iterate(value).ToArray();
        renderer.Budget.SpendSteps(Math.Max(0, slices));
        if (slices < 1)
        {
            throw new TemplateRenderException("'slice' into less than one");
        }

        var (each, longer) = (items.Length / slices, items.Length % slices);
        return new GeneratorValue(Enumerable.Range(0, slices).Select(index =>
        {
            var start = (index * each) + Math.Min(index, longer);
            var part = items[start..(start + each + (index < longer ? 1 : 0))];
            return Filled(part, arguments.Has(1) && index >= longer ? 1 : 0, arguments[1], renderer);
        }), value);
    }

    private static TemplateValue Filled(TemplateValue[] items, int missing, TemplateValue? fill, Renderer renderer)
    {
        renderer.Budget.SpendSteps(missing);
        return new ListValue([.. items, .. Enumerable.Repeat(fill!, missing)]);
    }
}
