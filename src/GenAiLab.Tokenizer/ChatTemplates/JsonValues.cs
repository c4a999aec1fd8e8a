using System.Text;
using System.Text.Json;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>JSON that callers send, as values of a template, and values as JSON: what Python's json.dumps writes with ensure_ascii off.</summary>
internal static class JsonValues
{
    /// <summary>Every text in it, keys included, is the caller's.</summary>
    public static TemplateValue Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new MapValue(ReadObject(json)),
        JsonValueKind.Array => new ListValue([.. json.EnumerateArray().Select(Read)]),
        JsonValueKind.String => TextValue.Untrusted(json.GetString()!),
        JsonValueKind.Number => json.TryGetInt64(out var integer) ? new NumberValue(integer) : new DecimalValue(json.GetRawText()),
        JsonValueKind.True => new TruthValue(true),
        JsonValueKind.False => new TruthValue(false),
        _ => NoneValue.Instance,
    };

    /// <summary>The value as JSON on one line.</summary>
    /// <exception cref="TemplateRenderException">It cannot be told as JSON, or costs too much.</exception>
    public static TextValue Write(TemplateValue value, RenderBudget budget)
    {
        var json = new TextValue.Builder();
        var written = 0L;
        Add(value);
        return json.Build();

        void Add(TemplateValue value)
        {
            switch (value)
            {
                case TextValue text:
                    Print(TextValue.Trusted("\""));
                    Print(text.Map(Escape));
                    Print(TextValue.Trusted("\""));
                    break;
                case TruthValue truth:
                    Print(TextValue.Trusted(truth.Value ? "true" : "false"));
                    break;
                case NoneValue:
                    Print(TextValue.Trusted("null"));
                    break;
                case NumberValue or DecimalValue:
                    Print(ExpressionEvaluator.ToText(value));
                    break;
                case ListValue list:
                    AddAll("[", list.Items, Add, "]");
                    break;
                case MapValue map:
                    AddAll("{", map.Entries, AddEntry, "}");
                    break;
                default:
                    throw new TemplateRenderException($"{value.Kind} is no JSON");
            }
        }

        void AddEntry(KeyValuePair<string, TemplateValue> entry)
        {
            Add(TextValue.Untrusted(entry.Key));
            Print(TextValue.Trusted(": "));
            Add(entry.Value);
        }

        void AddAll<T>(string begin, IEnumerable<T> items, Action<T> add, string end)
        {
            Print(TextValue.Trusted(begin));
            var first = true;
            foreach (var item in items)
            {
                if (!first)
                {
                    Print(TextValue.Trusted(", "));
                }

                first = false;
                add(item);
            }

            Print(TextValue.Trusted(end));
        }

        void Print(TextValue text)
        {
            budget.Spend(text.Text.Length);
            RenderBudget.LimitLength(written += text.Text.Length);
            json.Append(text);
        }
    }

    private static Dictionary<string, TemplateValue> ReadObject(JsonElement json)
    {
        var entries = new Dictionary<string, TemplateValue>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            entries[property.Name] = Read(property.Value); // The last of a name counts, as in Python.
        }

        return entries;
    }

    private static string Escape(string text)
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
                < ' ' => escaped.Append("\\u").Append(((int)character).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)),
                _ => escaped.Append(character),
            };
        }

        return escaped.ToString();
    }
}
