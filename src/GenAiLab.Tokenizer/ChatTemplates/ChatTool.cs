using System.Text.Json;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">A JSON Schema of its arguments.</param>
internal sealed record ChatTool(string Name, string Description, JsonElement Parameters)
{
    /// <summary>As templates know it: what OpenAI's API takes.</summary>
    public MapValue ToValue() => new(
        ("type", TextValue.Trusted("function")),
        ("function", new MapValue(
            ("name", TextValue.Untrusted(Name)),
            ("description", TextValue.Untrusted(Description)),
            ("parameters", JsonValues.Read(Parameters)))));
}
