using System.Text.Json;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">A JSON Schema of its arguments.</param>
internal sealed record ChatTool(string Name, string Description, JsonElement Parameters)
{
    /// <summary>As templates know it: what OpenAI's API takes.</summary>
    public MapValue ToValue() => new(new Dictionary<string, TemplateValue>
    {
        ["type"] = TextValue.Trusted("function"),
        ["function"] = new MapValue(new Dictionary<string, TemplateValue>
        {
            ["name"] = TextValue.Untrusted(Name),
            ["description"] = TextValue.Untrusted(Description),
            ["parameters"] = JsonValues.Read(Parameters),
        }),
    });
}
