using System.Text.Json;
using GenAiLab.Orchestrator.Telemetry;

namespace GenAiLab.Orchestrator.Tests.Text;

/// <summary>What goes on a span stays valid JSON of bounded length.</summary>
public sealed class CapturedContentTests
{
    [Fact]
    public void The_latest_messages_are_kept_and_the_one_that_does_not_fit_is_cut()
    {
        var kept = Contents(CapturedContent.Input([("user", "first"), ("assistant", new string('a', 100_000)), ("user", "last")]));

        Assert.Equal(2, kept.Count);
        Assert.Equal(CapturedContent.MaximumCharacters, kept[0].TrimEnd('…').Length + kept[1].Length);
        Assert.EndsWith("a…", kept[0]);
        Assert.Equal("last", kept[1]);
    }

    [Fact]
    public void An_answer_is_cut_between_characters()
    {
        var kept = Contents(CapturedContent.Output("." + string.Concat(Enumerable.Repeat("🦉", CapturedContent.MaximumCharacters)), "length"));

        Assert.EndsWith("🦉…", Assert.Single(kept));
        Assert.InRange(kept[0].Length, CapturedContent.MaximumCharacters - 1, CapturedContent.MaximumCharacters + 1);
    }

    private static List<string> Contents(string json) =>
        [.. JsonDocument.Parse(json).RootElement.EnumerateArray().Select(static message => message.GetProperty("parts")[0].GetProperty("content").GetString()!)];
}
