using GenAiLab.Training.Chat;

namespace GenAiLab.Training.Tests.Chat;

/// <summary>Files of conversations come from outside: good ones are read, bad ones are told line by line.</summary>
public sealed class ConversationFileTests
{
    private const string Good = """{"messages":[{"role":"user","content":"What is red?"},{"role":"assistant","content":"The apple."}]}""";

    [Fact]
    public void Conversations_are_read_and_blank_lines_are_skipped()
    {
        var conversations = Read(Good, "", """{"messages":[{"role":"user","content":"é"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d"}],"id":7}""");

        Assert.Equal(2, conversations.Count);
        Assert.Equal(new ChatMessage("assistant", "The apple."), conversations[0].Messages[1]);
        Assert.Equal(["é", "b", "c", "d"], conversations[1].Messages.Select(static message => message.Content));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user" """, "not valid JSON at character")]
    [InlineData("""[1]""", "\"messages\"")]
    [InlineData("""{"messages":"hello"}""", "\"messages\"")]
    [InlineData("""{"messages":[]}""", "last message must be the assistant's")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}]}""", "last message must be the assistant's")]
    [InlineData("""{"messages":[{"role":"user"},{"role":"assistant","content":"b"}]}""", "message 1: \"content\" is missing")]
    [InlineData("""{"messages":[7,{"role":"assistant","content":"b"}]}""", "message 1: \"role\" is missing")]
    [InlineData("""{"messages":[{"role":"system","content":"a"},{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""", "\"system\" is not supported")]
    [InlineData("""{"messages":[{"role":"assistant","content":"b"}]}""", "message 1: the role must be \"user\"")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""", "message 2: the role must be \"assistant\"")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"}]}""", "message 2: the role must be \"assistant\"")]
    [InlineData("""{"messages":[{"role":"user","content":" "},{"role":"assistant","content":"b"}]}""", "message 1: the content is empty")]
    [InlineData("""{"messages":[{"role":"user","content":"a \ud800"},{"role":"assistant","content":"b"}]}""", "not valid")]
    [InlineData("""{"messages":[{"role":"user","content":"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"},{"role":"assistant","content":"b"}]}""", "at most 40")]
    public void A_bad_line_is_named_with_what_is_wrong(string line, string reason)
    {
        var error = Assert.Throws<ConversationFileException>(() => Read(Good, line, Good));
        var told = Assert.Single(error.Errors);
        Assert.StartsWith("line 2: ", told, StringComparison.Ordinal);
        Assert.Contains(reason, told, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_ten_errors_are_listed_and_the_rest_counted()
    {
        var error = Assert.Throws<ConversationFileException>(() => Read([Good, .. Enumerable.Repeat("{", 13)]));
        Assert.Equal(10, error.Errors.Count);
        Assert.StartsWith("line 2", error.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith("line 11", error.Errors[9], StringComparison.Ordinal);
        Assert.EndsWith("and 3 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_binary_and_missing_files_are_refused()
    {
        Assert.Contains("no conversation", Assert.Throws<ConversationFileException>(() => Read("")).Message, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "data.jsonl");
        Assert.Contains("does not exist", Assert.Throws<ConversationFileException>(() => ConversationFile.Read(path, TinyChat.Format, 40)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, [0x7b, 0xff, 0xfe, 0x0a]);
        Assert.Contains("not UTF-8", Assert.Throws<ConversationFileException>(() => ConversationFile.Read(path, TinyChat.Format, 40)).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Conversation> Read(params string[] lines)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "data.jsonl");
        File.WriteAllText(path, string.Join('\n', lines));
        return ConversationFile.Read(path, TinyChat.Format, 40);
    }
}
