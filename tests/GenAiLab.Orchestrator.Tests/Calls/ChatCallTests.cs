using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Calls;

public sealed class ChatCallTests
{
    [Fact]
    public async Task A_conversation_is_answered_by_text_and_nothing_else()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Script(
            FakeVocabulary.Id("Hello"), FakeVocabulary.Id(0xC3), FakeVocabulary.Id(0xA9), FakeVocabulary.Id(" world"), FakeVocabulary.Id("EN"), FakeVocabulary.EndOfSequence);

        var events = await ChatAsync(lab, Request("a", new GenerateRequest { Stop = { "END" }, Sampling = new SamplingProgram { Temperature = 0, Seed = 7 } }));

        Assert.Equal(("fake-base", 7ul, "_user:a_".Length), (events[0].Started.Model, events[0].Started.Seed, events[0].Started.PromptTokens));
        Assert.Equal(["Hello", "é", " world", "EN"], events.Skip(1).SkipLast(1).Select(static e => e.Text));
        Assert.Equal((FinishReason.EndOfSequence, "", 6), (events[^1].Finished.Reason, events[^1].Finished.Text, events[^1].Finished.GeneratedTokens));
    }

    [Fact]
    public async Task Errors_name_the_conversation_s_fields_and_the_settings()
    {
        await using var lab = await FakeLab.StartAsync();

        Assert.Equal("settings.prompt", await FieldAsync(lab, Request("a", new GenerateRequest { Text = "b" })));
        Assert.Equal("settings.prompt", await FieldAsync(lab, Request("a", new GenerateRequest { Chat = new ChatMessages() })));
        Assert.Equal("settings.sampling.top_p", await FieldAsync(lab, Request("a", new GenerateRequest { Sampling = new SamplingProgram { TopP = 2 } })));
        Assert.Equal("messages", await FieldAsync(lab, new ChatRequest()));
        Assert.Equal("messages[0].role", await FieldAsync(lab, new ChatRequest { Messages = { new ChatMessage { Content = "a" } } }));
        Assert.Equal("messages", await FieldAsync(lab, Request(new string('a', 60))));
    }

    private static ChatRequest Request(string content, GenerateRequest? settings = null) =>
        new() { Messages = { new ChatMessage { Role = "user", Content = content } }, Settings = settings };

    private static Task<IReadOnlyList<ChatResponse>> ChatAsync(FakeLab lab, ChatRequest request) => lab.Client.Chat(request).AllAsync();

    private static async Task<string> FieldAsync(FakeLab lab, ChatRequest request) =>
        (await Assert.ThrowsAsync<RpcException>(() => ChatAsync(lab, request))).Field();
}
