using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>What a dot, brackets and slices take out of a value, as Jinja's sandbox has it.</summary>
internal static class Members
{
    /// <summary><c>target.name</c>: a method or attribute, and otherwise the entry of that name.</summary>
    /// <exception cref="TemplateRenderException">The target is undefined.</exception>
    public static TemplateValue Attribute(TemplateValue target, TextValue name) =>
        Own(target, name.Text) ?? Entry(target, name) ?? Missing(target, name);

    /// <summary><c>target[key]</c>: an entry, and otherwise the method or attribute of that name.</summary>
    /// <exception cref="TemplateRenderException">The target is undefined.</exception>
    public static TemplateValue Item(TemplateValue target, TemplateValue key, RenderBudget budget)
    {
        if (target is TextValue text)
        {
            budget.Spend(text.Text.Length);
        }

        budget.SpendKey(key);
        return Entry(target, key) ?? (key is TextValue name ? Own(target, name.Text) : null) ?? Missing(target, key);
    }

    /// <summary>What target.name gives without looking at entries.</summary>
    public static TemplateValue OnlyAttribute(TemplateValue target, TextValue name) => Own(target, name.Text) ?? Missing(target, name);

    /// <summary><c>target[from:to:step]</c>; none stands for a bound that is left out.</summary>
    /// <exception cref="TemplateRenderException">It has no slices, or the bounds are no integers.</exception>
    public static TemplateValue Slice(TemplateValue target, TemplateValue from, TemplateValue to, TemplateValue step, RenderBudget budget)
    {
        if (target is UndefinedValue undefined)
        {
            throw undefined.Fault();
        }

        if (target is not (TextValue or ListValue or TupleValue or RangeValue))
        {
            return new UndefinedValue($"{target.Kind} cannot be sliced");
        }

        var length = Iteration.Length(target)!.Value;
        var by = Bound(step) ?? BigInteger.One;
        if (by.IsZero)
        {
            throw new TemplateRenderException("the step of a slice must not be zero");
        }

        var (lowest, highest) = by.Sign > 0 ? (0, length) : (-1, length - 1);
        var start = Place(Bound(from), by.Sign > 0 ? lowest : highest);
        var stop = Place(Bound(to), by.Sign > 0 ? highest : lowest);
        var stride = (int)BigInteger.Max(-length - 1, BigInteger.Min(length + 1, by));
        var count = stride > 0 ? Math.Max(0, (stop - start + stride - 1) / stride) : Math.Max(0, (start - stop - stride - 1) / -stride);
        return Take(target, start, stride, count, budget);

        int Place(BigInteger? bound, int absent) => bound is not { } given ? absent
            : (int)BigInteger.Max(lowest, BigInteger.Min(highest, given.Sign < 0 ? given + length : given));
    }

    private static TemplateValue Take(TemplateValue target, int start, int step, int count, RenderBudget budget)
    {
        if (target is TextValue text)
        {
            budget.Spend(text.Text.Length);
            if (step == 1)
            {
                return text.Slice(start, start + count);
            }

            budget.SpendSteps(count);
            var points = Iteration.Items(text)!.ToArray();
            var taken = new TextValue.Builder();
            for (var index = 0; index < count; index++)
            {
                taken.Append((TextValue)points[start + (index * step)]);
            }

            return taken.Build();
        }

        budget.SpendSteps(count);
        if (target is RangeValue range)
        {
            var first = range.Start + (start * range.Step);
            return new RangeValue(first, first + (count * step * range.Step), step * range.Step);
        }

        var items = Iteration.Sequence(target)!;
        TemplateValue[] part = [.. Enumerable.Range(0, count).Select(index => items[start + (index * step)])];
        return target is TupleValue ? new TupleValue(part) : new ListValue(part);
    }

    private static BigInteger? Bound(TemplateValue bound) => bound is NoneValue ? null
        : Numbers.Integer(bound) ?? throw new TemplateRenderException($"{bound.Kind} is no bound of a slice");

    private static TemplateValue? Entry(TemplateValue target, TemplateValue key) => target switch
    {
        MapValue map => key is ListValue or MapValue ? null : map.Entries.GetValueOrDefault(key),
        UndefinedValue undefined => throw undefined.Fault(),
        TextValue text when At(key, text.CodePoints) is { } index => text.Slice(index, index + 1),
        RangeValue range when At(key, range.Length) is { } index => range[index],
        ListValue or TupleValue when At(key, Iteration.Length(target)!.Value) is { } index => Iteration.Sequence(target)![index],
        _ => null,
    };

    private static int? At(TemplateValue key, int length) => Numbers.Integer(key) is not { } index ? null
        : (index.Sign < 0 ? index + length : index) is var at && at.Sign >= 0 && at < length ? (int)at : null;

    private static TemplateValue? Own(TemplateValue target, string name) => target switch
    {
        UndefinedValue undefined => throw undefined.Fault(),
        NamespaceValue named => named.Attributes.GetValueOrDefault(name),
        LoopValue loop when loop.Attribute(name) is { } value => value,
        CyclerValue cycler when name == "current" => cycler.Current,
        MacroValue macro when name == "name" => TextValue.Trusted(macro.Declaration.Name),
        _ when Methods.IsRefused(target, name) => new UndefinedValue($"the method '{name}' of {target.Kind} would change it"),
        _ => Methods.Find(target, name) is { } method ? new MethodValue(target, method) : null,
    };

    private static UndefinedValue Missing(TemplateValue target, TemplateValue key) =>
        new(key is TextValue name ? $"{target.Kind} has no member '{name.Text}'" : $"{target.Kind} has no such item");
}
