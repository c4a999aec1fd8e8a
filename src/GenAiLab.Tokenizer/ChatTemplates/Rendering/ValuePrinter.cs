using System.Globalization;
using System.Text;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>Values as texts: Python's str() and, within lists and mappings, repr().</summary>
internal sealed class ValuePrinter(RenderBudget budget)
{
    /// <summary>Of an integer, at least.</summary>
    public const int BitsInDigit = 3;

    private readonly TextValue.Builder _output = new();

    /// <summary>Python's str().</summary>
    /// <exception cref="TemplateRenderException">What Python prints of it depends on where it lies in memory.</exception>
    public TextValue Print(TemplateValue value)
    {
        switch (value)
        {
            case TextValue text:
                return text;
            case UndefinedValue:
                return TextValue.Empty;
            default:
                Represent(value);
                return _output.Build();
        }
    }

    /// <summary>Python's repr().</summary>
    /// <exception cref="TemplateRenderException">As with <see cref="Print"/>.</exception>
    public TextValue Represented(TemplateValue value)
    {
        Represent(value);
        return _output.Build();
    }

    /// <summary>A number, boolean or none as Python spells it; null: another value.</summary>
    public static TextValue? Scalar(TemplateValue value) => value switch
    {
        NumberValue number => TextValue.Of(number.Value.ToString(CultureInfo.InvariantCulture), number.IsTrusted),
        DecimalValue number => TextValue.Of(RealText.Shortest(number.Value), number.IsTrusted),
        TruthValue truth => TextValue.Trusted(truth.Value ? "True" : "False"),
        NoneValue => TextValue.Trusted("None"),
        _ => null,
    };

    private void Represent(TemplateValue value)
    {
        switch (value)
        {
            case TextValue text:
                Quote(text);
                break;
            case UndefinedValue:
                Write("Undefined");
                break;
            case ListValue list:
                Enclose("[", list.Items, "]");
                break;
            case TupleValue { Items: [var only] }:
                Enclose("(", [only], ",)");
                break;
            case TupleValue tuple:
                Enclose("(", tuple.Items, ")");
                break;
            case MapViewValue view:
                Enclose($"{view.Name}([", view.Items, "])");
                break;
            case MapValue map:
                Enclose(map);
                break;
            case RangeValue range:
                Write(range.Step == 1 ? $"range({range.Start}, {range.Stop})" : $"range({range.Start}, {range.Stop}, {range.Step})");
                break;
            case MacroValue macro:
                Write($"<Macro '{macro.Declaration.Name}'>");
                break;
            default:
                budget.SpendDigits(value is NumberValue number ? number.Value.GetBitLength() / BitsInDigit : 0);
                Write(Scalar(value) ?? throw new TemplateRenderException($"{value.Kind} cannot be printed"));
                break;
        }
    }

    private void Enclose(string begin, IEnumerable<TemplateValue> items, string end)
    {
        Write(begin);
        var isFirst = true;
        foreach (var item in items)
        {
            Write(isFirst ? "" : ", ");
            isFirst = false;
            Represent(item);
        }

        Write(end);
    }

    private void Enclose(MapValue map)
    {
        Write("{");
        var isFirst = true;
        foreach (var (key, value) in map.Entries)
        {
            Write(isFirst ? "" : ", ");
            isFirst = false;
            Represent(key);
            Write(": ");
            Represent(value);
        }

        Write("}");
    }

    private void Quote(TextValue text)
    {
        var quote = text.Text.Contains('\'', StringComparison.Ordinal) && !text.Text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        Write(text.IsEscaped ? "Markup(" : "");
        Write(quote.ToString());
        Write(text.MapCodePoints((whole, at) => Escape(whole, at, quote)));
        Write(quote.ToString());
        Write(text.IsEscaped ? ")" : "");
    }

    private static string Escape(string text, int at, char quote)
    {
        var letter = text[at];
        if (letter is >= ' ' and < '\x7f')
        {
            return letter == quote || letter == '\\' ? $"\\{letter}" : letter.ToString();
        }

        var rune = Rune.TryGetRuneAt(text, at, out var whole) ? whole : Rune.ReplacementChar;
        return (letter, rune.Value) switch
        {
            ('\n', _) => "\\n",
            ('\r', _) => "\\r",
            ('\t', _) => "\\t",
            _ when IsPrintable(rune) => rune.ToString(),
            (_, <= 0xFF) => $"\\x{rune.Value:x2}",
            (_, <= 0xFFFF) => $"\\u{rune.Value:x4}",
            _ => $"\\U{rune.Value:x8}",
        };
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private void Write(string text) => Write(TextValue.Trusted(text));

    private void Write(TextValue text)
    {
        budget.Spend(text.Text.Length);
        RenderBudget.LimitLength((long)_output.Length + text.Text.Length);
        _output.Append(text);
    }
}
