using System.Globalization;
using System.Text;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>How JSON is written: the arguments of Python's json.dumps.</summary>
/// <param name="EnsureAscii">Whether what is not ASCII is escaped.</param>
/// <param name="Indent">Before each level of a line of its own; null: all on one line.</param>
/// <param name="ItemSeparator">Between items.</param>
/// <param name="KeySeparator">After a key.</param>
/// <param name="SortKeys">Whether keys are sorted.</param>
internal sealed record JsonStyle(bool EnsureAscii, TextValue? Indent, TextValue ItemSeparator, TextValue KeySeparator, bool SortKeys)
{
    /// <param name="arguments">ensure_ascii, indent, separators, sort_keys, as the filter tojson of Transformers has them.</param>
    /// <exception cref="TemplateRenderException">They don't fit.</exception>
    public static JsonStyle Read(BoundArguments arguments)
    {
        var indent = !arguments.Has(1) ? null : arguments[1] as TextValue ?? TextPadding.Repeat(TextValue.Trusted(" "), Math.Max(0, arguments.Integer(1)));
        if (!arguments.Has(2))
        {
            return new(arguments.IsTrue(0), indent, TextValue.Trusted(indent is null ? ", " : ","), TextValue.Trusted(": "), arguments.IsTrue(3));
        }

        return Iteration.Items(arguments[2]!)?.ToArray() is [TextValue item, TextValue key]
            ? new(arguments.IsTrue(0), indent, item, key, arguments.IsTrue(3))
            : throw new TemplateRenderException("'tojson' takes two texts as separators");
    }
}

/// <summary>Values as JSON: what Python's json.dumps writes.</summary>
internal sealed class JsonWriter(JsonStyle style, RenderBudget budget)
{
    private static readonly TextValue LineBreak = TextValue.Trusted("\n");
    private readonly TextValue.Builder _json = new();
    private int _level;

    /// <exception cref="TemplateRenderException">It cannot be told as JSON, or costs too much.</exception>
    public TextValue Write(TemplateValue value)
    {
        Add(value);
        return _json.Build();
    }

    private void Add(TemplateValue value)
    {
        switch (value)
        {
            case TextValue text:
                Quote(text);
                break;
            case ListValue or TupleValue:
                Enclose("[", Iteration.Sequence(value)!, Add, "]");
                break;
            case MapValue map:
                Enclose("{", Sorted(map), AddEntry, "}");
                break;
            default:
                budget.SpendDigits(value is NumberValue number ? number.Value.GetBitLength() / ValuePrinter.BitsInDigit : 0);
                Print(Scalar(value) ?? throw (value as UndefinedValue)?.Fault() ?? new TemplateRenderException($"{value.Kind} is no JSON"));
                break;
        }
    }

    private static TextValue? Scalar(TemplateValue value) => value switch
    {
        TruthValue truth => TextValue.Trusted(truth.Value ? "true" : "false"),
        NoneValue => TextValue.Trusted("null"),
        DecimalValue number when !double.IsFinite(number.Value) =>
            TextValue.Of(double.IsNaN(number.Value) ? "NaN" : number.Value > 0 ? "Infinity" : "-Infinity", number.IsTrusted),
        NumberValue or DecimalValue => ValuePrinter.Scalar(value),
        _ => null,
    };

    private IReadOnlyList<KeyValuePair<TemplateValue, TemplateValue>> Sorted(MapValue map)
    {
        if (!style.SortKeys)
        {
            return [.. map.Entries];
        }

        var comparison = new Comparison(budget);
        var keys = map.Entries.Keys.ToArray();
        Array.ForEach(keys, budget.SpendKey);
        try
        {
            Array.Sort(keys, (left, right) => comparison.Order("<", left, right) ?? 0);
        }
        catch (InvalidOperationException error) when (error.InnerException is TemplateRenderException or OperationCanceledException)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error.InnerException);
        }

        return [.. keys.Select(key => KeyValuePair.Create(key, map.Entries[key]))];
    }

    private void AddEntry(KeyValuePair<TemplateValue, TemplateValue> entry)
    {
        Quote(entry.Key as TextValue ?? Scalar(entry.Key) ?? throw new TemplateRenderException($"{entry.Key.Kind} is no key of JSON"));
        Print(style.KeySeparator);
        Add(entry.Value);
    }

    private void Enclose<T>(string begin, IReadOnlyList<T> items, Action<T> add, string end)
    {
        Print(TextValue.Trusted(begin));
        _level++;
        for (var index = 0; index < items.Count; index++)
        {
            Print(index == 0 ? TextValue.Empty : style.ItemSeparator);
            BreakLine();
            add(items[index]);
        }

        _level--;
        if (items.Count > 0)
        {
            BreakLine();
        }

        Print(TextValue.Trusted(end));
    }

    private void BreakLine()
    {
        if (style.Indent is { } indent)
        {
            Print(LineBreak);
            for (var level = 0; level < _level; level++)
            {
                Print(indent);
            }
        }
    }

    private void Quote(TextValue text)
    {
        Print(TextValue.Trusted("\""));
        Print(text.Map(Escape));
        Print(TextValue.Trusted("\""));
    }

    private string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                '\f' => escaped.Append("\\f"),
                '\b' => escaped.Append("\\b"),
                _ when character < ' ' || (style.EnsureAscii && character > '~') =>
                    escaped.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture)),
                _ => escaped.Append(character),
            };
        }

        return escaped.ToString();
    }

    private void Print(TextValue text)
    {
        budget.Spend(text.Text.Length);
        RenderBudget.LimitLength((long)_json.Length + text.Text.Length);
        _json.Append(text);
    }
}
