using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GenAiLab.Training.Chat;

/// <summary>A file of conversations cannot be used; the message lists the first errors by line.</summary>
public sealed class ConversationFileException(IReadOnlyList<string> errors, int more)
    : Exception(string.Join('\n', more > 0 ? [.. errors, $"and {more:N0} more"] : errors))
{
    /// <summary>"line 3: ..." each; at most 10.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}

/// <summary>
/// Conversations in JSON lines, as fine-tuning services take them: {"messages":[{"role":"user","content":"..."},
/// {"role":"assistant","content":"..."}]} on each line. Blank lines are skipped. Other members are ignored.
/// </summary>
public static class ConversationFile
{
    /// <summary>The largest file, in bytes.</summary>
    public const long MaximumBytes = 64L << 20;

    /// <summary>The longest line, in characters.</summary>
    public const int MaximumLineLength = 1 << 20;

    /// <summary>The most conversations.</summary>
    public const int MaximumConversations = 100_000;

    private const int ListedErrors = 10;

    /// <summary>Reads a file and checks every line of it.</summary>
    /// <param name="path">The file, in UTF-8.</param>
    /// <param name="format">Counts the tokens.</param>
    /// <param name="maximumTokens">The longest conversation, special tokens included.</param>
    /// <exception cref="ConversationFileException">It is missing, too large, or lines are wrong.</exception>
    public static IReadOnlyList<Conversation> Read(string path, ChatFormat format, int maximumTokens)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            throw Fault("the file does not exist");
        }

        if (info.Length > MaximumBytes)
        {
            throw Fault($"the file has {info.Length:N0} bytes; at most {MaximumBytes:N0}");
        }

        var (conversations, errors, count, number) = (new List<Conversation>(), new List<string>(), 0, 0);
        using var reader = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        try
        {
            while (reader.ReadLine() is { } line)
            {
                number++;
                if (string.IsNullOrWhiteSpace(line))
                {
                    continue;
                }

                if (conversations.Count == MaximumConversations)
                {
                    throw Fault($"line {number}: more than {MaximumConversations:N0} conversations");
                }

                try
                {
                    conversations.Add(Parse(line, format, maximumTokens));
                }
                catch (FormatException error)
                {
                    count++;
                    if (errors.Count < ListedErrors)
                    {
                        errors.Add(string.Create(CultureInfo.InvariantCulture, $"line {number}: {error.Message}"));
                    }
                }
            }
        }
        catch (DecoderFallbackException)
        {
            throw Fault($"line {number + 1} or a later one is not UTF-8");
        }

        if (count > 0)
        {
            throw new ConversationFileException(errors, count - errors.Count);
        }

        return conversations.Count > 0 ? conversations : throw Fault("the file has no conversation");
    }

    private static Conversation Parse(string line, ChatFormat format, int maximumTokens)
    {
        if (line.Length > MaximumLineLength)
        {
            throw new FormatException($"{line.Length:N0} characters; at most {MaximumLineLength:N0}");
        }

        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
            {
                throw new FormatException("must be an object with \"messages\", a list");
            }

            var turns = messages.EnumerateArray().Select(static (message, at) => Turn(message, at)).ToList();
            if (turns.Count == 0 || turns[^1].Role != ChatMessage.Assistant)
            {
                throw new FormatException("the last message must be the assistant's");
            }

            var conversation = new Conversation(turns);
            var tokens = format.Encode(turns).Ids.Length;
            return tokens <= maximumTokens ? conversation : throw new FormatException($"{tokens:N0} tokens; at most {maximumTokens:N0}");
        }
        catch (JsonException error)
        {
            throw new FormatException($"not valid JSON at character {error.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            throw new FormatException("a text is not valid Unicode");
        }
    }

    private static ChatMessage Turn(JsonElement message, int at)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"message {at + 1}");
        var role = Text("role");
        if (role == "system")
        {
            throw new FormatException($"{place}: role \"system\" is not supported; put what it says into the first user message");
        }

        var expected = at % 2 == 0 ? ChatMessage.User : ChatMessage.Assistant;
        if (role != expected)
        {
            var shown = role is ChatMessage.User or ChatMessage.Assistant ? role : "something else";
            throw new FormatException($"{place}: the role must be \"{expected}\" (user and assistant in turn), not {shown}");
        }

        var content = Text("content");
        return string.IsNullOrWhiteSpace(content) ? throw new FormatException($"{place}: the content is empty") : new ChatMessage(role, content);

        string Text(string name) =>
            message.ValueKind == JsonValueKind.Object && message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw new FormatException($"{place}: \"{name}\" is missing or not a text");
    }

    private static ConversationFileException Fault(string error) => new([error], 0);
}
