using GenAiLab.Orchestrator.Calls.Tools;

namespace GenAiLab.Orchestrator.Tests.Calls.Tools;

public sealed class TaggedAnswerTests
{
    private const string Call = """{"name": "weather", "arguments": {"city": "Paris"}}""";

    [Theory]
    [InlineData("Hello", "Hello", "")]
    [InlineData($"<tool_call>\n{Call}\n</tool_call>", "", "weather")]
    [InlineData($"Let me see.\n<tool_call>\n{Call}\n</tool_call>\n<tool_call>{Call}</tool_call>\n", "Let me see.", "weather weather")]
    [InlineData($"<tool_call>{Call}", "", "weather")]
    [InlineData($"<tool_call>{Call}</tool_call> done", " done", "weather")]
    [InlineData("a <tool_ b <tool_call", "a <tool_ b <tool_call", "")]
    [InlineData("1 < 2 <", "1 < 2 <", "")]
    [InlineData("<tool_call>{\"name\": \"other\"}</tool_call>", "<tool_call>{\"name\": \"other\"}</tool_call>", "")]
    [InlineData("<tool_call>{\"name\": \"weather\", \"arguments\": 3}</tool_call>", "<tool_call>{\"name\": \"weather\", \"arguments\": 3}</tool_call>", "")]
    [InlineData("<tool_call>{\"name\": \"weat", "<tool_call>{\"name\": \"weat", "")]
    [InlineData("  \n", "  \n", "")]
    public void Calls_are_told_from_text_wherever_the_pieces_are_cut(string answer, string text, string calls)
    {
        for (var cut = 1; cut <= answer.Length; cut++)
        {
            var reader = new TaggedAnswer(new HashSet<string> { "weather" });
            var parts = answer.Chunk(cut).SelectMany(piece => reader.Append(new string(piece)).ToList()).ToList();
            parts.AddRange(reader.Complete());

            Assert.Equal(text, string.Concat(parts.Select(static part => part.Text)));
            Assert.Equal(calls, string.Join(' ', parts.Where(static part => part.Call is not null).Select(static part => part.Call!.Name)));
            Assert.All(parts.Where(static part => part.Call is not null), static part => Assert.Equal("""{"city": "Paris"}""", part.Call!.ArgumentsJson));
            Assert.Distinct(parts.Where(static part => part.Call is not null).Select(static part => part.Call!.Id));
        }
    }

    [Fact]
    public void Text_before_a_call_is_not_held_back()
    {
        var reader = new TaggedAnswer(new HashSet<string> { "weather" });

        Assert.Equal(["Let", " me"], new[] { "Let", " me ", "<tool" }.SelectMany(reader.Append).Select(static part => part.Text));
    }
}
