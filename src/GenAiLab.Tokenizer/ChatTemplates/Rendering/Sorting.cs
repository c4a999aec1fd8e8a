using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Sorts as Python does: what is equal keeps its order, also in reverse.</summary>
internal sealed class Sorting(Renderer renderer, bool isCaseSensitive)
{
    private readonly Comparison _comparison = new(renderer.Budget);

    /// <summary>What a value is compared by: texts in lower case, unless case counts.</summary>
    public TemplateValue Key(TemplateValue value)
    {
        if (isCaseSensitive || value is not TextValue text)
        {
            return value;
        }

        renderer.Budget.Spend(text.Text.Length);
        return LetterCase.Lower(text);
    }

    /// <param name="items">What is sorted.</param>
    /// <param name="by">By the first, then by the second, and so on.</param>
    /// <param name="isReversed">Whether the last comes first.</param>
    /// <exception cref="TemplateRenderException">Two of them have no order.</exception>
    public TemplateValue[] Sort(TemplateValue[] items, IReadOnlyList<MemberPath> by, bool isReversed)
    {
        (TemplateValue Item, TemplateValue[] Keys)[] keyed =
            [.. items.Select(item => (item, by.Select(path => Key(path.Find(item, renderer.Budget))).ToArray()))];
        Merge(keyed, new (TemplateValue, TemplateValue[])[keyed.Length], isReversed);
        return [.. keyed.Select(static pair => pair.Item)];
    }

    private void Merge(Span<(TemplateValue Item, TemplateValue[] Keys)> items, Span<(TemplateValue Item, TemplateValue[] Keys)> space, bool isReversed)
    {
        if (items.Length < 2)
        {
            return;
        }

        var half = items.Length / 2;
        Merge(items[..half], space, isReversed);
        Merge(items[half..], space, isReversed);
        items.CopyTo(space);
        for (int at = 0, left = 0, right = half; at < items.Length; at++)
        {
            var takesRight = left == half
                || (right < items.Length && (isReversed ? IsBefore(space[left].Keys, space[right].Keys) : IsBefore(space[right].Keys, space[left].Keys)));
            items[at] = takesRight ? space[right++] : space[left++];
        }
    }

    private bool IsBefore(TemplateValue[] left, TemplateValue[] right)
    {
        for (var index = 0; index < left.Length; index++)
        {
            if (!_comparison.AreEqual(left[index], right[index]))
            {
                return _comparison.Holds("<", left[index], right[index]);
            }
        }

        return false;
    }
}
