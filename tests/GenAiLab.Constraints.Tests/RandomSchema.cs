using System.Globalization;
using System.Text.Json.Nodes;

namespace GenAiLab.Constraints.Tests;

/// <summary>Random schemas of all supported keywords; few of them have no value or a oneOf that is refused.</summary>
internal sealed class RandomSchema(Random random)
{
    /// <summary>Patterns that every dialect of expressions reads alike, each with what makes a match.</summary>
    public static readonly (string Pattern, Func<Random, string> Match)[] Patterns =
    [
        ("^[a-z]{2,5}$", static random => Letters(random, "abcxyz", random.Next(2, 6))),
        ("^\\d{3}-\\d{4}$", static random => $"{random.Next(1000):000}-{random.Next(10000):0000}"),
        ("b+", static random => Letters(random, "ac \"\\", random.Next(4)) + "b" + Letters(random, "ab", random.Next(3))),
        ("^(red|green|blue)( dark)?$", static random => Letters(random, ["red", "green", "blue"]) + (random.Next(2) == 0 ? " dark" : "")),
        ("^\"[a-z\\\\/]?\"$", static random => "\"" + Letters(random, "a\\/", random.Next(2)) + "\""),
        ("^a|z$", static random => random.Next(2) == 0 ? "a" + Letters(random, "bc", random.Next(4)) : Letters(random, "bc", random.Next(4)) + "z"),
    ];

    /// <summary>Formats, each with examples.</summary>
    public static readonly (string Format, string[] Examples)[] Formats =
    [
        ("date", ["2024-02-29", "1999-12-31"]), ("time", ["10:00:00Z", "23:59:59.5+01:00"]), ("date-time", ["2024-02-29T12:30:00Z"]), ("uuid", ["123e4567-e89b-12d3-a456-426614174000"]),
        ("email", ["a.b@example.org"]), ("ipv4", ["192.168.0.1"]), ("ipv6", ["::1", "2001:db8::1"]), ("hostname", ["a.example"]), ("uri", ["https://example.org/a?b=c"]), ("duration", ["P1DT2H"]),
    ];

    public JsonObject Next()
    {
        var definitions = new JsonObject
        {
            ["leaf"] = Scalar(),
            ["list"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = "#/$defs/list" }, ["maxItems"] = random.Next(1, 4) },
            ["node"] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { ["value"] = Scalar(), ["next"] = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "null" }, new JsonObject { ["$ref"] = "#/$defs/node" }) } },
                ["required"] = new JsonArray("value", "next"),
                ["additionalProperties"] = false,
            },
        };
        var schema = Of(random.Next(4));
        schema["$defs"] = definitions;
        return schema;
    }

    private JsonObject Of(int depth) => depth <= 0 || random.Next(4) == 0 ? Scalar() : random.Next(9) switch
    {
        0 => Array(depth),
        1 => Tuple(depth),
        2 => new JsonObject { ["anyOf"] = List(random.Next(1, 4), () => Of(depth - 1)) },
        3 => OneOf(depth),
        4 => AllOf(depth),
        5 => new JsonObject { ["$ref"] = $"#/$defs/{Letters(random, ["leaf", "list", "node"])}", ["description"] = "elsewhere" },
        _ => Object(depth),
    };

    private JsonObject Scalar() => random.Next(10) switch
    {
        0 => new JsonObject { ["type"] = "null" },
        1 => new JsonObject { ["type"] = "boolean" },
        2 => new JsonObject { ["enum"] = List(random.Next(1, 4), () => JsonNode.Parse(Letters(random, ["1", "-2.50", "\"a\\\"é\"", "null", "true", "[1,{}]", "{\"k\": [\"v\"]}", "\"\\u0007\""]))) },
        3 => new JsonObject { ["const"] = Letters(random, ["x", "yes", "ä\n"]) },
        4 => Integer(),
        5 => Number(),
        6 => new JsonObject { ["type"] = "string", ["pattern"] = Patterns[random.Next(Patterns.Length)].Pattern },
        7 => new JsonObject { ["type"] = "string", ["format"] = Formats[random.Next(Formats.Length)].Format },
        8 => new JsonObject { ["type"] = new JsonArray("string", "null", "integer") },
        _ => String(),
    };

    private JsonObject Integer()
    {
        var schema = new JsonObject { ["type"] = "integer" };
        var low = random.Next(-2000, 2000);
        Sometimes(schema, random.Next(2) == 0 ? "minimum" : "exclusiveMinimum", low);
        Sometimes(schema, random.Next(2) == 0 ? "maximum" : "exclusiveMaximum", low + random.Next(2, 3000));
        if (random.Next(3) == 0)
        {
            schema["multipleOf"] = random.Next(1, 13);
        }

        return schema;
    }

    private JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = "number" };
        var low = decimal.Round((decimal)((random.NextDouble() * 200) - 100), random.Next(4));
        Sometimes(schema, random.Next(2) == 0 ? "minimum" : "exclusiveMinimum", low);
        Sometimes(schema, random.Next(2) == 0 ? "maximum" : "exclusiveMaximum", low + decimal.Round((decimal)(random.NextDouble() * 50) + 1, random.Next(3)));
        if (random.Next(3) == 0)
        {
            schema["multipleOf"] = decimal.Parse(Letters(random, ["0.5", "0.25", "0.1", "1.5", "2"]), CultureInfo.InvariantCulture);
        }

        return schema;
    }

    private JsonObject String()
    {
        var schema = new JsonObject { ["type"] = "string" };
        var low = random.Next(4);
        Sometimes(schema, "minLength", low);
        Sometimes(schema, "maxLength", low + random.Next(30));
        return schema;
    }

    private JsonObject Array(int depth)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = Of(depth - 1) };
        var low = random.Next(3);
        Sometimes(schema, "minItems", low);
        Sometimes(schema, "maxItems", low + random.Next(3));
        return schema;
    }

    private JsonObject Tuple(int depth)
    {
        var schema = new JsonObject { ["type"] = "array", ["prefixItems"] = List(random.Next(1, 4), () => Of(depth - 1)) };
        if (random.Next(2) == 0)
        {
            schema["items"] = random.Next(3) == 0 ? JsonValue.Create(false) : Of(depth - 1);
        }

        Sometimes(schema, "minItems", random.Next(3));
        return schema;
    }

    private JsonObject Object(int depth, string prefix = "")
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        for (var at = random.Next(5); at >= 0; at--)
        {
            var name = prefix + Letters(random, ["a", "ab", "name", "é\"", "kind", "z z"]) + at;
            properties[name] = Of(depth - 1);
            if (random.Next(2) == 0)
            {
                required.Add(name);
            }
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
        {
            schema["required"] = required;
        }

        if (prefix.Length == 0 && random.Next(2) == 0)
        {
            schema["additionalProperties"] = random.Next(3) switch { 0 => JsonValue.Create(false), 1 => JsonValue.Create(true), _ => Scalar() };
        }

        return schema;
    }

    private JsonObject OneOf(int depth)
    {
        if (random.Next(2) == 0)
        {
            return new JsonObject { ["oneOf"] = new JsonArray(Integer(), String(), new JsonObject { ["type"] = "null" }, Array(depth)) };
        }

        JsonNode Tagged(string tag)
        {
            var schema = Object(depth - 1, "p");
            ((JsonObject)schema["properties"]!).Insert(0, "kind", new JsonObject { ["const"] = tag });
            schema["required"] = new JsonArray("kind");
            return schema;
        }

        return new JsonObject { ["oneOf"] = new JsonArray(Tagged("one"), Tagged("two"), Tagged("three")), ["discriminator"] = new JsonObject { ["propertyName"] = "kind" } };
    }

    private JsonObject AllOf(int depth) => random.Next(2) == 0
        ? new JsonObject { ["allOf"] = new JsonArray(Object(depth, "l"), Object(depth, "r")) }
        : new JsonObject { ["allOf"] = new JsonArray(new JsonObject { ["type"] = "integer", ["minimum"] = 3 }, new JsonObject { ["maximum"] = random.Next(3, 500) }) };

    private void Sometimes(JsonObject schema, string keyword, JsonNode value)
    {
        if (random.Next(3) > 0)
        {
            schema[keyword] = value;
        }
    }

    private static JsonArray List(int count, Func<JsonNode?> make) => [.. Enumerable.Range(0, count).Select(_ => make())];

    private static string Letters(Random random, string letters, int count) => string.Concat(Enumerable.Range(0, count).Select(_ => letters[random.Next(letters.Length)]));

    private static string Letters(Random random, string[] texts) => texts[random.Next(texts.Length)];
}
