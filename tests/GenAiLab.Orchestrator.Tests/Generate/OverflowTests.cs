using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Generate;

/// <summary>Prompts that are longer than the window of 48 tokens.</summary>
public sealed class OverflowTests
{
    public static TheoryData<LoopMode> Modes => [LoopMode.Pushdown, LoopMode.Step];

    [Theory, MemberData(nameof(Modes))]
    public async Task Of_a_text_the_newest_part_stays_behind_what_begins_a_sequence(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        var text = string.Concat(Enumerable.Range(0, 60).Select(static at => (char)('a' + (at % 26))));

        var generation = await lab.GenerateAsync(new GenerateRequest { Text = text, MaxTokens = 8, Overflow = ContextOverflow.TruncateLeft, Mode = mode });

        var prompt = string.Concat(generation.Started.Prompt.Select(static token => token.Piece.ToStringUtf8()));
        Assert.Equal("<|endoftext|>" + text[^39..], prompt);
        Assert.Equal((40, 21), (generation.Started.Prompt.Count, generation.Started.CutTokens));
        Assert.Equal((8, FinishReason.MaxTokens), (generation.Tokens.Count, generation.Finished.Reason));
    }

    [Fact]
    public async Task Of_ids_simply_the_oldest_go()
    {
        await using var lab = await FakeLab.StartAsync();
        var ids = Enumerable.Range(1, 70).ToArray();

        var generation = await lab.GenerateAsync(new GenerateRequest { Tokens = new TokenIds { Ids = { ids } }, MaxTokens = 40, Overflow = ContextOverflow.TruncateLeft });

        // Never less than half the window, whatever is to be generated.
        Assert.Equal(ids[^24..], generation.Started.Prompt.Select(static token => token.Id));
        Assert.Equal(46, generation.Started.CutTokens);
    }

    [Fact]
    public async Task Of_a_conversation_the_oldest_messages_go_and_are_named()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = new GenerateRequest { MaxTokens = 4, Overflow = ContextOverflow.TruncateLeft, Chat = new ChatMessages() };
        foreach (var content in new[] { new string('a', 30), new string('b', 30), "c" })
        {
            request.Chat.Messages.Add(new ChatMessage { Role = "user", Content = content });
        }

        var generation = await lab.GenerateAsync(request);

        Assert.Equal([0], generation.Started.CutMessages);
        Assert.DoesNotContain("aaa", string.Concat(generation.Started.Prompt.Select(static token => token.Piece.ToStringUtf8())), StringComparison.Ordinal);
        Assert.True(generation.Started.CutTokens > 30);
        request.Overflow = ContextOverflow.Reject;
        Assert.Equal(["prompt"], await lab.RefusedFieldsAsync(request));
    }

    [Fact]
    public async Task What_fits_is_left_as_it_is()
    {
        await using var lab = await FakeLab.StartAsync();
        var plain = await lab.GenerateAsync(new GenerateRequest { Text = "abc", MaxTokens = 4 });
        var allowed = await lab.GenerateAsync(new GenerateRequest { Text = "abc", MaxTokens = 4, Overflow = ContextOverflow.TruncateLeft });
        Assert.Equal(plain.Started.Prompt, allowed.Started.Prompt);
        Assert.Equal(0, allowed.Started.CutTokens);
    }
}
