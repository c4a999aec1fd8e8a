using System.Text;
using System.Text.Json;

namespace GenAiLab.Constraints.Schemas;

/// <summary>Whether a value satisfies a schema: for the values that enum and const list. Not thread-safe.</summary>
internal sealed class SchemaEvaluator(SchemaDocument document, StringAutomata strings)
{
    private const int MaximumDepth = 128;
    private int _depth;

    public bool Accepts(SchemaNode node, JsonElement value)
    {
        if (++_depth > MaximumDepth * 2)
        {
            throw node.Refuse($"more than {MaximumDepth} schemas lead to each other for one value");
        }

        var accepted = AcceptsItself(node, value)
            && (node.Reference is not { } reference || Accepts(document.Resolve(reference, node.Pointer), value))
            && node.Children("allOf", node.AllOf).All(child => Accepts(child, value))
            && (node.AnyOf is not { } any || node.Children("anyOf", any).Any(child => Accepts(child, value)))
            && (node.OneOf is not { } one || node.Children("oneOf", one).Count(child => Accepts(child, value)) == 1);
        _depth--;
        return accepted;
    }

    /// <summary>Whether a value satisfies what a schema says itself.</summary>
    public bool AcceptsItself(SchemaNode node, JsonElement value) =>
        !node.AcceptsNothing
        && (node.Types & JsonTypeNames.Of(value)) != 0
        && (node.Const is not { } only || JsonElement.DeepEquals(only, value))
        && (node.Enum is not { } listed || listed.Any(one => JsonElement.DeepEquals(one, value)))
        && value.ValueKind switch
        {
            JsonValueKind.Number => AcceptsNumber(node, ExactDecimal.Parse(value)),
            JsonValueKind.String => AcceptsString(node, value.GetString()!),
            JsonValueKind.Object => AcceptsObject(node, value),
            JsonValueKind.Array => AcceptsArray(node, value),
            _ => true,
        };

    private static bool AcceptsNumber(SchemaNode node, ExactDecimal value) =>
        !(value < node.Minimum) && !(value > node.Maximum)
        && (node.ExclusiveMinimum is not { } above || value > above) && (node.ExclusiveMaximum is not { } below || value < below)
        && (node.MultipleOf is not { } multiple || value.IsMultipleOf(multiple));

    private bool AcceptsString(SchemaNode node, string value)
    {
        var length = value.EnumerateRunes().Count();
        return length >= node.MinLength && !(length > node.MaxLength) && strings.Matches(node, value);
    }

    private bool AcceptsObject(SchemaNode node, JsonElement value)
    {
        foreach (var property in value.EnumerateObject())
        {
            var schema = node.Properties is not null && node.Properties.TryGetValue(property.Name, out var element)
                ? node.Child("properties", property.Name, element)
                : node.AdditionalProperties is { } additional ? node.Child("additionalProperties", additional) : null;
            if (schema is not null && !Accepts(schema, property.Value))
            {
                return false;
            }
        }

        return node.Required.All(name => value.TryGetProperty(name, out _));
    }

    private bool AcceptsArray(SchemaNode node, JsonElement value)
    {
        var at = 0;
        foreach (var item in value.EnumerateArray())
        {
            var schema = at < node.PrefixItems?.Count ? node.Child("prefixItems", $"{at}", node.PrefixItems[at])
                : node.Items is { } items ? node.Child("items", items) : null;
            if (schema is not null && !Accepts(schema, item))
            {
                return false;
            }

            at++;
        }

        return at >= node.MinItems && !(at > node.MaxItems);
    }
}
