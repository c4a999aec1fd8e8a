using System.Globalization;
using System.Numerics;
using System.Text.Json;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>JSON that callers send, as values of a template.</summary>
internal static class JsonValues
{
    private const int MaximumDigits = 4000;

    /// <summary>Every text and number in it, keys included, is the caller's.</summary>
    /// <exception cref="TemplateRenderException">It holds a number that is too long.</exception>
    public static TemplateValue Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new MapValue(json.EnumerateObject().Select(static property =>
            KeyValuePair.Create<TemplateValue, TemplateValue>(TextValue.Untrusted(property.Name), Read(property.Value)))),
        JsonValueKind.Array => new ListValue([.. json.EnumerateArray().Select(Read)]),
        JsonValueKind.String => TextValue.Untrusted(json.GetString()!),
        JsonValueKind.Number => Number(json.GetRawText()),
        JsonValueKind.True => TruthValue.True,
        JsonValueKind.False => TruthValue.False,
        _ => NoneValue.Instance,
    };

    private static TemplateValue Number(string text) =>
        text.AsSpan().ContainsAny('.', 'e', 'E') ? new DecimalValue(double.Parse(text, CultureInfo.InvariantCulture), trusted: false)
        : text.Length <= MaximumDigits ? new NumberValue(BigInteger.Parse(text, CultureInfo.InvariantCulture), trusted: false)
        : throw new TemplateRenderException($"a number of more than {MaximumDigits:N0} digits");
}
