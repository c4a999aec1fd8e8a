using System.Text.Json;

namespace GenAiLab.Constraints.Schemas;

/// <summary>Kinds of JSON values.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    String = 16,
    Object = 32,
    Array = 64,
    Number = Integer | Fraction,
    All = Null | Boolean | Number | String | Object | Array,
}

/// <summary>Their names and their values.</summary>
internal static class JsonTypeNames
{
    /// <summary>The types that a schema calls so; none: no such name.</summary>
    public static JsonTypes Parse(string? name) => name switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "integer" => JsonTypes.Integer,
        "number" => JsonTypes.Number,
        "string" => JsonTypes.String,
        "object" => JsonTypes.Object,
        "array" => JsonTypes.Array,
        _ => JsonTypes.None,
    };

    /// <summary>The type of a value.</summary>
    public static JsonTypes Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.Number => ExactDecimal.Parse(value).IsInteger ? JsonTypes.Integer : JsonTypes.Fraction,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Object => JsonTypes.Object,
        _ => JsonTypes.Array,
    };
}
