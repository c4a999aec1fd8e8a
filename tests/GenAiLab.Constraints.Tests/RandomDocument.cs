using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAiLab.Constraints.Tests;

/// <summary>
/// Writes documents that satisfy a schema of <see cref="RandomSchema"/>, straight from the schema and in the
/// documented form, with all the freedom that this form leaves; knows nothing of automata.
/// </summary>
internal sealed class RandomDocument(JsonObject root, Random random)
{
    /// <summary>A text; null: this try came to nothing.</summary>
    public string? Next() => Write(root, 6);

    private string? Write(JsonNode? schema, int depth)
    {
        if (depth < 0)
        {
            return null;
        }

        if (schema is JsonValue boolean)
        {
            return boolean.GetValue<bool>() ? Pick("1", "null", "{\"any\":[1]}", "[]", "\"x\"") : null;
        }

        var keywords = schema!.AsObject();
        if (keywords["$ref"] is { } reference)
        {
            return Write(root["$defs"]![reference.GetValue<string>().Split('/')[^1]], depth - 1);
        }

        if ((keywords["anyOf"] ?? keywords["oneOf"]) is JsonArray branches)
        {
            return Write(branches[random.Next(branches.Count)], depth - 1);
        }

        if (keywords["allOf"] is JsonArray all)
        {
            return Write(Merge(all), depth);
        }

        if (keywords["enum"] is JsonArray listed)
        {
            return Literal(listed[random.Next(listed.Count)]);
        }

        if (keywords["const"] is { } only)
        {
            return Literal(only);
        }

        var type = keywords["type"] is JsonArray types ? types[random.Next(types.Count)]!.GetValue<string>() : keywords["type"]?.GetValue<string>();
        return type switch
        {
            "null" => "null",
            "boolean" => Pick("true", "false"),
            "integer" or "number" => Number(keywords, type == "integer"),
            "string" => Text(keywords),
            "array" => Array(keywords, depth),
            _ => Object(keywords, depth),
        };
    }

    private string? Number(JsonObject keywords, bool integer)
    {
        if (!integer && !keywords.Any(static keyword => keyword.Key is not ("type" or "$defs")))
        {
            return Pick("0", "-0", "12.5e-3", "1E9", "-7.25");
        }

        var step = keywords["multipleOf"]?.GetValue<decimal>() ?? (integer ? 1m : 0.001m);
        var low = keywords["minimum"]?.GetValue<decimal>() ?? (keywords["exclusiveMinimum"]?.GetValue<decimal>() + 0.0001m) ?? -5000m;
        var high = keywords["maximum"]?.GetValue<decimal>() ?? (keywords["exclusiveMaximum"]?.GetValue<decimal>() - 0.0001m) ?? low + 5000m;
        var (first, last) = (decimal.Ceiling(low / step), decimal.Floor(high / step));
        if (first > last)
        {
            return null;
        }

        var text = ((first + decimal.Floor((decimal)random.NextDouble() * (last - first + 1))) * step).ToString("0.####", CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    }

    private string? Text(JsonObject keywords)
    {
        if (keywords["pattern"] is { } pattern)
        {
            return Canonical(RandomSchema.Patterns.First(one => one.Pattern == pattern.GetValue<string>()).Match(random));
        }

        if (keywords["format"] is { } format)
        {
            return Canonical(Pick(RandomSchema.Formats.First(one => one.Format == format.GetValue<string>()).Examples));
        }

        var low = keywords["minLength"]?.GetValue<int>() ?? 0;
        var length = random.Next(low, (keywords["maxLength"]?.GetValue<int>() ?? (low + 8)) + 1);
        return "\"" + string.Concat(Enumerable.Range(0, length).Select(_ => Pick("a", "b", " ", "é", "不", "😀", "\\n", "\\\"", "\\\\", "/", "\\/", "\\u00E9", "\\ud83d\\ude00", "{", "\\u001f"))) + "\"";
    }

    private string? Array(JsonObject keywords, int depth)
    {
        var prefix = keywords["prefixItems"] as JsonArray ?? [];
        var low = keywords["minItems"]?.GetValue<int>() ?? 0;
        var closed = prefix.Count > 0 && (keywords["items"] is null || (keywords["items"] is JsonValue no && !no.GetValue<bool>()));
        var high = keywords["maxItems"]?.GetValue<int>() ?? (closed ? Math.Max(low, prefix.Count) : low + 3);
        var count = random.Next(low, Math.Max(low, high) + 1);
        var items = new List<string>();
        for (var at = 0; at < count; at++)
        {
            var schema = at < prefix.Count ? prefix[at] : keywords["items"] ?? JsonValue.Create(true);
            if (Write(schema, depth - 1) is not { } item)
            {
                return null;
            }

            items.Add(item);
        }

        return Bracket('[', items, ']');
    }

    private string? Object(JsonObject keywords, int depth)
    {
        var required = (keywords["required"] as JsonArray)?.Select(static name => name!.GetValue<string>()).ToHashSet() ?? [];
        var properties = keywords["properties"] as JsonObject ?? [];
        var pairs = new List<string>();
        foreach (var (name, schema) in properties)
        {
            if (required.Contains(name) || (depth > 2 && random.Next(2) == 0))
            {
                if (Write(schema, depth - 1) is { } value)
                {
                    pairs.Add($"{Canonical(name)}:{Pick("", " ")}{value}");
                }
                else if (required.Contains(name))
                {
                    return null;
                }
            }
        }

        if (keywords["additionalProperties"] is { } additional && random.Next(2) == 0)
        {
            foreach (var name in new[] { "extra", "", "ä" }.Take(random.Next(1, 4)))
            {
                if (Write(additional, depth - 1) is { } value)
                {
                    pairs.Add($"{Canonical(name)}:{Pick("", " ")}{value}");
                }
            }
        }

        return Bracket('{', pairs, '}');
    }

    private string Bracket(char open, List<string> members, char close)
    {
        var text = new StringBuilder().Append(open);
        for (var at = 0; at < members.Count; at++)
        {
            text.Append(at == 0 ? Pick("", "\n  ") : Pick(",", ", ", ",\n\t ")).Append(members[at]);
        }

        return text.Append(Pick("", "\n")).Append(close).ToString();
    }

    private string Literal(JsonNode? value) => value switch
    {
        JsonObject members => Bracket('{', [.. members.Select(member => $"{Canonical(member.Key)}:{Pick("", " ")}{Literal(member.Value)}")], '}'),
        JsonArray items => Bracket('[', [.. items.Select(Literal)], ']'),
        JsonValue text when text.GetValueKind() == JsonValueKind.String => Canonical(text.GetValue<string>()),
        _ => value?.ToJsonString() ?? "null",
    };

    // The one spelling of strings whose content counts.
    private static string Canonical(string text) => "\"" + string.Concat(text.Select(static letter => letter switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        < ' ' => $"\\u{(int)letter:x4}",
        _ => $"{letter}",
    })) + "\"";

    private static JsonObject Merge(JsonArray all)
    {
        var merged = new JsonObject();
        foreach (var (keyword, value) in all.SelectMany(static part => part!.AsObject()))
        {
            switch (merged[keyword], value)
            {
                case (JsonObject known, JsonObject more):
                    foreach (var (name, schema) in more)
                    {
                        known[name] = schema?.DeepClone();
                    }

                    break;
                case (JsonArray known, JsonArray more):
                    foreach (var name in more)
                    {
                        known.Add(name?.DeepClone());
                    }

                    break;
                default:
                    merged[keyword] = value?.DeepClone();
                    break;
            }
        }

        return merged;
    }

    private string Pick(params string[] texts) => texts[random.Next(texts.Length)];
}
