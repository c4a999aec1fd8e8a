using System.Globalization;
using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>The attribute of a filter, such as "function.name": members of members. Numbers are places in lists.</summary>
internal sealed class MemberPath(IReadOnlyList<TemplateValue> keys)
{
    /// <summary>The item itself.</summary>
    public static readonly MemberPath Itself = new([]);

    public static MemberPath Read(TemplateValue attribute) => attribute is TextValue text
        ? new([.. text.Text.Split('.').Select(static part => part.Length is > 0 and < 10 && part.All(char.IsAsciiDigit)
            ? (TemplateValue)new NumberValue(BigInteger.Parse(part, CultureInfo.InvariantCulture))
            : TextValue.Trusted(part))])
        : new([attribute]);

    /// <param name="item">Where it begins.</param>
    /// <param name="budget">Pays.</param>
    /// <param name="absent">In place of what is undefined; null: nothing.</param>
    public TemplateValue Find(TemplateValue item, RenderBudget budget, TemplateValue? absent = null)
    {
        foreach (var key in keys)
        {
            budget.Spend();
            item = Members.Item(item, key, budget);
            item = item is UndefinedValue && absent is not null ? absent : item;
        }

        return item;
    }
}
