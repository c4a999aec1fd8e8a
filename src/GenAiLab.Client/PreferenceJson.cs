using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;

namespace GenAiLab.Client;

/// <summary>
/// A preference as one line of JSON, the form of files: <c>{"id", "prompt": [{"role", "content"}], "answer_a",
/// "answer_b", "model_a", "model_b", "preferred": "a" | "b" | "tie", "rater", "time"}</c>. The same preference
/// is always the same line.
/// </summary>
public static class PreferenceJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private static readonly string[] ReadableTimes = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];
    private static readonly string[] Properties = ["id", "prompt", "answer_a", "answer_b", "model_a", "model_b", "preferred", "rater", "time"];
    private static readonly string[] MessageProperties = ["role", "content"];
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The line in UTF-8, without its end.</summary>
    public static ReadOnlyMemory<byte> Write(Preference preference)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("id", preference.Id);
            writer.WriteStartArray("prompt");
            foreach (var message in preference.Prompt)
            {
                writer.WriteStartObject();
                writer.WriteString("role", message.Role);
                writer.WriteString("content", message.Content);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("answer_a", preference.AnswerA.Text);
            writer.WriteString("answer_b", preference.AnswerB.Text);
            writer.WriteString("model_a", preference.AnswerA.Model);
            writer.WriteString("model_b", preference.AnswerB.Model);
            writer.WriteString("preferred", preference.Preferred switch
            {
                PreferredAnswer.A => "a",
                PreferredAnswer.B => "b",
                _ => "tie",
            });
            writer.WriteString("rater", preference.Rater);
            writer.WriteString("time", preference.Time.ToDateTime().ToString(TimeFormat, CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }

    /// <summary>Reads a line. <c>model_a</c> and <c>model_b</c> may be missing; limits are the service's to check.</summary>
    /// <param name="line">UTF-8, without its end.</param>
    /// <exception cref="FormatException">It is no preference; the message names the property.</exception>
    public static Preference Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            var root = Object(document.RootElement, "the line", Properties);
            return new Preference
            {
                Id = Text(root, "id"),
                Prompt = { Prompt(Property(root, "prompt")) },
                AnswerA = new ModelAnswer { Text = Text(root, "answer_a"), Model = OptionalText(root, "model_a") },
                AnswerB = new ModelAnswer { Text = Text(root, "answer_b"), Model = OptionalText(root, "model_b") },
                Preferred = Text(root, "preferred") switch
                {
                    "a" => PreferredAnswer.A,
                    "b" => PreferredAnswer.B,
                    "tie" => PreferredAnswer.Tie,
                    _ => throw new FormatException("'preferred' is none of \"a\", \"b\" and \"tie\""),
                },
                Rater = Text(root, "rater"),
                Time = Time(Text(root, "time")),
            };
        }
        catch (JsonException error)
        {
            throw new FormatException($"is no JSON object: see byte {error.BytePositionInLine + 1}", error);
        }
        catch (InvalidOperationException error)
        {
            // Names are read before any value is, to see whether one comes twice.
            throw new FormatException("has a name that is no valid Unicode", error);
        }
    }

    private static IEnumerable<ChatMessage> Prompt(JsonElement prompt) => prompt.ValueKind == JsonValueKind.Array
        ? [.. prompt.EnumerateArray().Select(static message =>
        {
            Object(message, "a message of 'prompt'", MessageProperties);
            return new ChatMessage { Role = Text(message, "role"), Content = Text(message, "content") };
        })]
        : throw new FormatException("'prompt' is no array");

    private static JsonElement Object(JsonElement element, string what, string[] known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{what} is no JSON object");
        }

        foreach (var property in element.EnumerateObject())
        {
            // A misspelled name would otherwise pass for a missing one.
            if (!known.Any(property.NameEquals))
            {
                throw new FormatException($"{what} has a property that is none of {string.Join(", ", known)}");
            }
        }

        return element;
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value : throw new FormatException($"'{name}' is missing");

    private static string OptionalText(JsonElement element, string name) => element.TryGetProperty(name, out _) ? Text(element, name) : "";

    private static string Text(JsonElement element, string name)
    {
        var value = Property(element, name);
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new FormatException($"'{name}' is no string");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new FormatException($"'{name}' is no valid Unicode", error);
        }
    }

    private static Timestamp Time(string text) =>
        DateTimeOffset.TryParseExact(text, ReadableTimes, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Timestamp.FromDateTimeOffset(time)
            : throw new FormatException("'time' is not written as 2025-01-31T12:00:00.000000Z");
}
