using System.Text.Json;

namespace GenAiLab.Orchestrator.Telemetry;

/// <summary>
/// Messages as the OpenTelemetry GenAI conventions put them on a span: a JSON array of roles and parts. Never
/// more than <see cref="MaximumCharacters"/> of text: whoever writes a book shall not fill the traces with it.
/// </summary>
internal static class CapturedContent
{
    /// <summary>Of all messages of one side of a generation together.</summary>
    public const int MaximumCharacters = 32_768;

    private const string Ellipsis = "…";

    /// <summary>The conversation so far. Where it is too long the latest messages are kept.</summary>
    public static string Input(IEnumerable<(string Role, string Content)> messages)
    {
        var left = MaximumCharacters;
        List<object> kept = [];
        foreach (var (role, content) in messages.Reverse().TakeWhile(_ => left > 0))
        {
            kept.Add(new { role, parts = Parts(Shorten(content, left)) });
            left -= content.Length;
        }

        kept.Reverse();
        return JsonSerializer.Serialize(kept);
    }

    /// <summary>The answer.</summary>
    public static string Output(string content, string finishReason) =>
        JsonSerializer.Serialize(new[] { new { role = "assistant", parts = Parts(Shorten(content, MaximumCharacters)), finish_reason = finishReason } });

    private static object[] Parts(string content) => [new { type = "text", content }];

    private static string Shorten(string text, int limit)
    {
        if (text.Length <= limit)
        {
            return text;
        }

        // Half a surrogate pair is no text.
        var end = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return string.Concat(text.AsSpan(0, end), Ellipsis);
    }
}
