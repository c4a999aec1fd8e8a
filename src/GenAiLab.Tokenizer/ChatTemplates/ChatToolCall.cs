using System.Text.Json;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates;

/// <summary>A call that the assistant asked for.</summary>
/// <param name="Id">Its name in the conversation.</param>
/// <param name="Name">The function's name.</param>
/// <param name="Arguments">A JSON object.</param>
internal sealed record ChatToolCall(string Id, string Name, JsonElement Arguments)
{
    /// <summary>As templates know it: what OpenAI's API takes, but the arguments as an object.</summary>
    public MapValue ToValue() => new(
        ("id", TextValue.Untrusted(Id)),
        ("type", TextValue.Trusted("function")),
        ("function", new MapValue(
            ("name", TextValue.Untrusted(Name)),
            ("arguments", JsonValues.Read(Arguments)))));
}
