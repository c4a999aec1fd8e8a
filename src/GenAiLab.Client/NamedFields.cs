using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>Fields of the contracts, set by their names as additional properties.</summary>
internal static class NamedFields
{
    /// <summary>Sets each property in the first of the messages that has a field of its name.</summary>
    /// <param name="properties">Values as JSON would have them, or messages of the contract.</param>
    /// <param name="reserved">Fields that are not the caller's to set.</param>
    /// <param name="messages">Where the fields are.</param>
    /// <exception cref="ArgumentException">No message has such a field, or not with such a value; the property is named.</exception>
    public static void Set(AdditionalPropertiesDictionary? properties, string[] reserved, params IMessage[] messages)
    {
        foreach (var (name, value) in properties ?? [])
        {
            var target = reserved.Contains(name) ? null : messages.FirstOrDefault(message => message.Descriptor.FindFieldByName(name) is not null);
            if (target is null)
            {
                // A misspelled name would otherwise pass for a default.
                var names = string.Join(" or ", messages.Select(static message => message.Descriptor.Name));
                throw new ArgumentException($"AdditionalProperties: '{name}' is no field of {names} that can be set here", "options");
            }

            try
            {
                target.MergeFrom(JsonParser.Default.Parse(new JsonObject { [name] = Json(value) }.ToJsonString(), target.Descriptor).ToByteArray());
            }
            catch (Exception error) when (error is InvalidProtocolBufferException or InvalidJsonException)
            {
                throw new ArgumentException($"AdditionalProperties: '{name}' does not take this value: {error.Message}", "options", error);
            }
        }
    }

    private static JsonNode? Json(object? value) => value is IMessage message
        ? JsonNode.Parse(JsonFormatter.Default.Format(message))
        : JsonSerializer.SerializeToNode(value, JsonSerializerOptions.Web);
}
