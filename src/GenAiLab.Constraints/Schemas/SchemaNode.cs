using System.Text.Json;

namespace GenAiLab.Constraints.Schemas;

/// <summary>One schema: its keywords, checked. A keyword that is not known is refused by name.</summary>
internal sealed class SchemaNode
{
    private readonly SchemaDocument _document;

    /// <param name="document">Where it is from.</param>
    /// <param name="id">Its number there.</param>
    /// <param name="pointer">Its place there.</param>
    /// <param name="element">What is written.</param>
    public SchemaNode(SchemaDocument document, int id, string pointer, JsonElement element)
    {
        (_document, Id, Pointer) = (document, id, pointer);
        switch (element.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                AcceptsNothing = element.ValueKind == JsonValueKind.False;
                break;
            case JsonValueKind.Object:
                foreach (var keyword in element.EnumerateObject())
                {
                    Read(keyword.Name, keyword.Value);
                }

                break;
            default:
                throw Refuse("a schema is an object or a boolean");
        }
    }

    public int Id { get; }

    public string Pointer { get; }

    /// <summary>The schema <c>false</c>.</summary>
    public bool AcceptsNothing { get; }

    public JsonTypes Types { get; private set; } = JsonTypes.All;

    /// <summary>The types that its keywords speak of.</summary>
    public JsonTypes Implied { get; private set; }

    /// <summary>Whether it says something itself, besides leading to other schemas.</summary>
    public bool IsPlain { get; private set; }

    public IReadOnlyList<JsonElement>? Enum { get; private set; }

    public JsonElement? Const { get; private set; }

    public ExactDecimal? Minimum { get; private set; }

    public ExactDecimal? ExclusiveMinimum { get; private set; }

    public ExactDecimal? Maximum { get; private set; }

    public ExactDecimal? ExclusiveMaximum { get; private set; }

    public ExactDecimal? MultipleOf { get; private set; }

    public int MinLength { get; private set; }

    public int? MaxLength { get; private set; }

    public string? Pattern { get; private set; }

    public string? Format { get; private set; }

    public IReadOnlyDictionary<string, JsonElement>? Properties { get; private set; }

    public IReadOnlyList<string> Required { get; private set; } = [];

    public JsonElement? AdditionalProperties { get; private set; }

    public IReadOnlyList<JsonElement>? PrefixItems { get; private set; }

    public JsonElement? Items { get; private set; }

    public int MinItems { get; private set; }

    public int? MaxItems { get; private set; }

    public string? Reference { get; private set; }

    public IReadOnlyList<JsonElement> AllOf { get; private set; } = [];

    public IReadOnlyList<JsonElement>? AnyOf { get; private set; }

    public IReadOnlyList<JsonElement>? OneOf { get; private set; }

    /// <summary>A schema within this one.</summary>
    public SchemaNode Child(string keyword, string name, JsonElement element) =>
        _document.At(SchemaDocument.Append(SchemaDocument.Append(Pointer, keyword), name), element);

    /// <summary>The schema of a keyword.</summary>
    public SchemaNode Child(string keyword, JsonElement element) => _document.At(SchemaDocument.Append(Pointer, keyword), element);

    /// <summary>The schemas of a list.</summary>
    public IEnumerable<SchemaNode> Children(string keyword, IEnumerable<JsonElement> elements) => elements.Select((element, at) => Child(keyword, $"{at}", element));

    public ConstraintException Refuse(string reason) => new($"the schema at {SchemaDocument.Shorten(Pointer)}: {reason}");

    private void Read(string keyword, JsonElement value)
    {
        var implied = JsonTypes.None;
        switch (keyword)
        {
            case "$schema" or "$id" or "$comment" or "title" or "description" or "default" or "examples" or "readOnly" or "writeOnly" or "deprecated"
                or "$defs" or "definitions" or "discriminator":
                return;
            case "$ref":
                Reference = Text(keyword, value);
                return;
            case "allOf":
                AllOf = List(keyword, value);
                return;
            case "anyOf":
                AnyOf = List(keyword, value);
                return;
            case "oneOf":
                OneOf = List(keyword, value);
                return;
            case "type":
                Types = ReadTypes(value);
                break;
            case "enum":
                Enum = List(keyword, value);
                break;
            case "const":
                Const = value;
                break;
            case "minimum":
                (Minimum, implied) = (Number(keyword, value), JsonTypes.Number);
                break;
            case "exclusiveMinimum":
                (ExclusiveMinimum, implied) = (Number(keyword, value), JsonTypes.Number);
                break;
            case "maximum":
                (Maximum, implied) = (Number(keyword, value), JsonTypes.Number);
                break;
            case "exclusiveMaximum":
                (ExclusiveMaximum, implied) = (Number(keyword, value), JsonTypes.Number);
                break;
            case "multipleOf":
                (MultipleOf, implied) = (Number(keyword, value), JsonTypes.Number);
                if (!(MultipleOf > ExactDecimal.Zero))
                {
                    throw Refuse("multipleOf must be greater than 0");
                }

                break;
            case "minLength":
                (MinLength, implied) = (Count(keyword, value), JsonTypes.String);
                break;
            case "maxLength":
                (MaxLength, implied) = (Count(keyword, value), JsonTypes.String);
                break;
            case "pattern":
                (Pattern, implied) = (Text(keyword, value), JsonTypes.String);
                break;
            case "format":
                (Format, implied) = (Text(keyword, value), JsonTypes.String);
                break;
            case "properties":
                (Properties, implied) = (Map(keyword, value), JsonTypes.Object);
                break;
            case "required":
                (Required, implied) = (Names(keyword, value), JsonTypes.Object);
                break;
            case "additionalProperties":
                (AdditionalProperties, implied) = (value, JsonTypes.Object);
                break;
            case "prefixItems":
                (PrefixItems, implied) = (List(keyword, value), JsonTypes.Array);
                break;
            case "items":
                (Items, implied) = (value.ValueKind == JsonValueKind.Array ? throw Refuse("a list of items is written prefixItems") : value, JsonTypes.Array);
                break;
            case "minItems":
                (MinItems, implied) = (Count(keyword, value), JsonTypes.Array);
                break;
            case "maxItems":
                (MaxItems, implied) = (Count(keyword, value), JsonTypes.Array);
                break;
            default:
                throw Refuse($"the keyword '{SchemaDocument.Shorten(keyword)}' is not supported");
        }

        IsPlain = true;
        Implied |= implied;
    }

    private JsonTypes ReadTypes(JsonElement value)
    {
        var types = JsonTypes.None;
        foreach (var name in value.ValueKind == JsonValueKind.Array ? List("type", value) : [value])
        {
            var one = name.ValueKind == JsonValueKind.String ? JsonTypeNames.Parse(name.GetString()) : JsonTypes.None;
            types |= one != JsonTypes.None ? one : throw Refuse("type is a name, or a list of names, of null, boolean, integer, number, string, object, array");
        }

        return types;
    }

    private string Text(string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Refuse($"{keyword} must be a string");

    private ExactDecimal Number(string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? ExactDecimal.Parse(value) : throw Refuse($"{keyword} must be a number");

    private int Count(string keyword, JsonElement value) =>
        Number(keyword, value) is { IsInteger: true, Unscaled: { Sign: >= 0 } count } && count <= int.MaxValue
            ? (int)count
            : throw Refuse($"{keyword} must be an integer from 0 to {int.MaxValue:N0}");

    private List<JsonElement> List(string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 ? [.. value.EnumerateArray()] : throw Refuse($"{keyword} must be a list that is not empty");

    private List<string> Names(string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static name => name.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(static name => name.GetString()!).Distinct(StringComparer.Ordinal)]
            : throw Refuse($"{keyword} must be a list of names");

    // In the order in which they are written.
    private OrderedDictionary<string, JsonElement> Map(string keyword, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Refuse($"{keyword} must be an object");
        }

        var map = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            map.Add(property.Name, property.Value);
        }

        return map;
    }
}
