using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>A list; templates cannot change one.</summary>
internal sealed class ListValue(IReadOnlyList<TemplateValue> items) : TemplateValue
{
    public static readonly ListValue Empty = new([]);

    public IReadOnlyList<TemplateValue> Items => items;

    public override bool IsTrue => items.Count > 0;

    public override string Kind => "a list";

    public override int Depth { get; } = DepthOf(items);
}

internal sealed class TupleValue(params IReadOnlyList<TemplateValue> items) : TemplateValue
{
    public IReadOnlyList<TemplateValue> Items => items;

    public override bool IsTrue => items.Count > 0;

    public override string Kind => "a tuple";

    public override int Depth { get; } = DepthOf(items);
}

/// <summary><c>range(start, stop, step)</c>, at most <see cref="MaximumLength"/> long.</summary>
internal sealed class RangeValue : TemplateValue
{
    /// <summary>The sandbox's.</summary>
    public const int MaximumLength = 100_000;

    /// <exception cref="TemplateRenderException">The step is 0, or there are too many.</exception>
    public RangeValue(long start, long stop, long step)
    {
        (Start, Stop, Step) = (start, stop, step);
        var length = step > 0 ? ((Int128)stop - start + step - 1) / step
            : step < 0 ? ((Int128)start - stop - step - 1) / -(Int128)step
            : throw new TemplateRenderException("the step of a range must not be zero");
        Length = length <= MaximumLength ? (int)Int128.Max(0, length) : throw new TemplateRenderException($"a range of more than {MaximumLength:N0}");
    }

    public long Start { get; }

    public long Stop { get; }

    public long Step { get; }

    public int Length { get; }

    public override bool IsTrue => Length > 0;

    public override string Kind => "a range";

    public NumberValue this[int index] => new(Start + (index * Step));
}

/// <summary>What filters such as map and select give: its items are computed when they are asked for, and once.</summary>
/// <param name="items">The items.</param>
/// <param name="source">What they are computed from; one generator of another of another recurses.</param>
internal sealed class GeneratorValue(IEnumerable<TemplateValue> items, TemplateValue source) : TemplateValue
{
    private readonly IEnumerator<TemplateValue> _items = items.GetEnumerator();

    public override string Kind => "a generator";

    public override int Depth { get; } = DepthOf([source]);

    /// <summary>Those that nobody has taken yet.</summary>
    public IEnumerable<TemplateValue> Rest()
    {
        while (_items.MoveNext())
        {
            yield return _items.Current;
        }
    }
}
