using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Generate;

public sealed class ChatTests
{
    public static TheoryData<LoopMode> Modes => [LoopMode.Pushdown, LoopMode.Step];

    [Theory, MemberData(nameof(Modes))]
    public async Task A_conversation_is_answered_and_shown_as_the_model_sees_it(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script(FakeVocabulary.Id("Hello"), FakeVocabulary.EndOfSequence);

        var generation = await lab.GenerateAsync(Chat(mode, ("user", "a"), ("assistant", ""), ("user", "b")));

        Assert.Equal(
            "<|endoftext|>user:a<|endoftext|>assistant:<|endoftext|>user:b<|endoftext|>",
            string.Concat(generation.Started.Prompt.Select(static token => token.Piece.ToStringUtf8())));
        Assert.Equal(("Hello", FinishReason.EndOfSequence), (generation.Text, generation.Finished.Reason));
        Assert.Equal(generation.Started.Prompt.Count, generation.Finished.PromptTokens);
        if (mode == LoopMode.Step)
        {
            Assert.Equal(generation.Started.Prompt.Select(static token => token.Id), lab.Decoder.Opened.Single().Prompt.Ids);
        }
    }

    [Fact]
    public async Task A_model_without_a_chat_template_takes_texts_only()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Tokenizer.HasChatTemplate = false;

        var error = await lab.FailsAsync(Chat(LoopMode.Pushdown, ("user", "a")));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("has no chat template: send a text instead", error.Status.Detail);
        Assert.Equal("xx", (await lab.GenerateAsync(new GenerateRequest { Text = "a", MaxTokens = 2 })).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Models_are_listed_with_whether_they_converse(bool hasChatTemplate)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Tokenizer.HasChatTemplate = hasChatTemplate;

        var listing = await lab.Client.ListModelsAsync(new ListModelsRequest(), deadline: DateTime.UtcNow + Patience.Limit);

        var model = Assert.Single(listing.Models);
        Assert.True(model.HasHasChatTemplate);
        Assert.Equal(hasChatTemplate, model.HasChatTemplate);
        Assert.False(model.HasTools);
    }

    private static GenerateRequest Chat(LoopMode mode, params (string Role, string Content)[] messages) => new()
    {
        Chat = new ChatMessages { Messages = { messages.Select(static message => new ChatMessage { Role = message.Role, Content = message.Content }) } },
        Mode = mode,
        Sampling = new SamplingProgram { Temperature = 0 },
    };
}
