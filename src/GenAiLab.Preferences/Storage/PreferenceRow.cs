using System.Data.Common;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;

namespace GenAiLab.Preferences.Storage;

/// <summary>A preference as a row, and back.</summary>
internal static class PreferenceRow
{
    public const string Columns = "id, time_microseconds, rater, preferred, prompt, answer_a, model_a, answer_b, model_b";

    public const string Values = "@id, @time, @rater, @preferred, @prompt, @answer_a, @model_a, @answer_b, @model_b";

    // Text that people read stays readable in the database: only what JSON must escape is escaped.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>SQL: whether two rows say the same, whenever it was said.</summary>
    public static string SameContent(string left, string right) => string.Join(
        " AND ",
        new[] { "rater", "preferred", "prompt", "answer_a", "model_a", "answer_b", "model_b" }.Select(column => $"{left}.{column} = {right}.{column}"));

    /// <summary>Sets the parameters that <see cref="Values"/> names.</summary>
    public static void Bind(DbCommand command, Preference preference)
    {
        command.Set("@id", preference.Id);
        command.Set("@time", Microseconds(preference.Time));
        command.Set("@rater", preference.Rater);
        command.Set("@preferred", (int)preference.Preferred);
        command.Set("@prompt", WritePrompt(preference.Prompt));
        command.Set("@answer_a", Encoding.UTF8.GetBytes(preference.AnswerA.Text));
        command.Set("@model_a", preference.AnswerA.Model);
        command.Set("@answer_b", Encoding.UTF8.GetBytes(preference.AnswerB.Text));
        command.Set("@model_b", preference.AnswerB.Model);
    }

    /// <summary>Reads the row at which the reader stands; it selects <see cref="Columns"/>.</summary>
    public static Preference Read(DbDataReader reader) => new()
    {
        Id = reader.GetString(0),
        Time = FromMicroseconds(reader.GetInt64(1)),
        Rater = reader.GetString(2),
        Preferred = (PreferredAnswer)reader.GetInt32(3),
        Prompt = { ReadPrompt(reader.GetString(4)) },
        AnswerA = new ModelAnswer { Text = Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(5)), Model = reader.GetString(6) },
        AnswerB = new ModelAnswer { Text = Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(7)), Model = reader.GetString(8) },
    };

    /// <summary>Whole microseconds since 1970; what is finer is cut off.</summary>
    public static long Microseconds(Timestamp time) => (time.Seconds * 1_000_000) + (time.Nanos / 1_000);

    public static Timestamp FromMicroseconds(long microseconds)
    {
        var seconds = Math.DivRem(microseconds, 1_000_000, out var rest);
        return rest < 0
            ? new Timestamp { Seconds = seconds - 1, Nanos = (int)((rest + 1_000_000) * 1_000) }
            : new Timestamp { Seconds = seconds, Nanos = (int)(rest * 1_000) };
    }

    private static string WritePrompt(IEnumerable<ChatMessage> messages)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Readable))
        {
            writer.WriteStartArray();
            foreach (var message in messages)
            {
                writer.WriteStartObject();
                writer.WriteString("role", message.Role);
                writer.WriteString("content", message.Content);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static IEnumerable<ChatMessage> ReadPrompt(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(static message => new ChatMessage
        {
            Role = message.GetProperty("role").GetString(),
            Content = message.GetProperty("content").GetString(),
        })];
    }
}
