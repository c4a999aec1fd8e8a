using System.Text;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace GenAiLab.Preferences;

/// <summary>The limits of the contract. Every method throws INVALID_ARGUMENT naming the field.</summary>
internal static class PreferenceChecks
{
    public const int MaximumPromptBytes = 64 * 1024;
    public const int MaximumPromptMessages = 256;
    public const int MaximumRoleBytes = 32;
    public const int MaximumAnswerBytes = 64 * 1024;
    public const int MaximumModelBytes = 128;
    public const int MaximumRaterBytes = 128;
    public const int MaximumIdLength = 64;

    // Half of a surrogate pair is no character: it cannot be written as UTF-8.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Checks a preference but for its id and time.</summary>
    /// <param name="preference">What a caller sent.</param>
    /// <param name="path">What stands before the field's name: "" or "record[3].".</param>
    public static void CheckContent(Preference preference, string path)
    {
        CheckPrompt(preference.Prompt, path);
        CheckAnswer(preference.AnswerA, $"{path}answer_a");
        CheckAnswer(preference.AnswerB, $"{path}answer_b");
        if (preference.Preferred is not (PreferredAnswer.A or PreferredAnswer.B or PreferredAnswer.Tie))
        {
            RpcErrors.ThrowInvalidArgument($"{path}preferred", "is none of A, B and TIE");
        }

        if (preference.Rater.Length == 0)
        {
            RpcErrors.ThrowInvalidArgument($"{path}rater", "is empty");
        }

        CheckName(preference.Rater, MaximumRaterBytes, $"{path}rater");
    }

    public static void CheckId(string id, string field)
    {
        if (!IsId(id))
        {
            RpcErrors.ThrowInvalidArgument(
                field, id.Length == 0 ? "is empty" : $"takes 1 to {MaximumIdLength} of the letters a to z and A to Z, digits, '.', '_', ':' and '-'");
        }
    }

    public static bool IsId(string id) => id.Length is > 0 and <= MaximumIdLength
        && id.All(static character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or ':' or '-');

    public static void CheckTime(Timestamp? time, string field)
    {
        // The range of Timestamp: the years 1 to 9999.
        if (time is null || time.Seconds is < -62_135_596_800 or > 253_402_300_799 || time.Nanos is < 0 or > 999_999_999)
        {
            RpcErrors.ThrowInvalidArgument(field, time is null ? "is missing" : "is no time of the years 1 to 9999");
        }
    }

    /// <summary>A rater to filter by; empty is everyone.</summary>
    public static void CheckRaterFilter(string rater) => CheckName(rater, MaximumRaterBytes, "rater");

    private static void CheckPrompt(RepeatedField<ChatMessage> prompt, string path)
    {
        if (prompt.Count is 0 or > MaximumPromptMessages)
        {
            RpcErrors.ThrowInvalidArgument($"{path}prompt", prompt.Count == 0 ? "is empty" : $"{prompt.Count:N0} messages; at most {MaximumPromptMessages}");
        }

        var bytes = 0L;
        for (var at = 0; at < prompt.Count; at++)
        {
            if (prompt[at].Role.Length == 0)
            {
                RpcErrors.ThrowInvalidArgument($"{path}prompt[{at}].role", "is empty");
            }

            bytes += CheckName(prompt[at].Role, MaximumRoleBytes, $"{path}prompt[{at}].role");
            bytes += Utf8Bytes(prompt[at].Content, $"{path}prompt[{at}].content");
        }

        CheckLength(bytes, MaximumPromptBytes, $"{path}prompt");
    }

    private static void CheckAnswer(ModelAnswer? answer, string field)
    {
        if (answer is null)
        {
            throw RpcErrors.InvalidArgument(field, "is missing");
        }

        CheckLength(Utf8Bytes(answer.Text, $"{field}.text"), MaximumAnswerBytes, $"{field}.text");
        CheckName(answer.Model, MaximumModelBytes, $"{field}.model");
    }

    // Names are shown in terminals and tables; a control character there is an attack or an accident.
    private static int CheckName(string name, int maximum, string field)
    {
        var bytes = Utf8Bytes(name, field);
        CheckLength(bytes, maximum, field);
        if (name.Any(char.IsControl))
        {
            RpcErrors.ThrowInvalidArgument(field, "has a control character");
        }

        return bytes;
    }

    private static void CheckLength(long bytes, int maximum, string field)
    {
        if (bytes > maximum)
        {
            RpcErrors.ThrowInvalidArgument(field, $"{bytes:N0} bytes of UTF-8; at most {maximum:N0}");
        }
    }

    private static int Utf8Bytes(string text, string field)
    {
        try
        {
            return StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            throw RpcErrors.InvalidArgument(field, "has half of a surrogate pair, which is no character");
        }
    }
}
