using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Google.Protobuf.Collections;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Generate;

public sealed class ValidationTests
{
    private static readonly Dictionary<string, (string Field, Action<GenerateRequest> Break)> Cases = new()
    {
        ["no prompt"] = ("prompt", static request => request.ClearPrompt()),
        ["empty text"] = ("text", static request => request.Text = ""),
        ["long text"] = ("text", static request => request.Text = new string('a', (1024 * 1024) + 1)),
        ["no ids"] = ("tokens.ids", static request => request.Tokens = new TokenIds()),
        ["too many ids"] = ("tokens.ids", static request => request.Tokens = new TokenIds { Ids = { Enumerable.Repeat(1, 131_073) } }),
        ["negative id"] = ("tokens.ids[1]", static request => request.Tokens = new TokenIds { Ids = { 1, -1 } }),
        ["id beyond"] = ("tokens.ids[0]", static request => request.Tokens = new TokenIds { Ids = { FakeVocabulary.Size } }),
        ["context overflow"] = ("prompt", static request => request.Text = new string('a', 60)),
        ["context overflow by ids"] = ("prompt", static request => request.Tokens = new TokenIds { Ids = { Enumerable.Repeat(1, FakeDecoder.ContextLength) } }),
        ["no messages"] = ("chat.messages", static request => request.Chat = new ChatMessages()),
        ["too many messages"] = ("chat.messages", static request => request.Chat = Conversation(Enumerable.Repeat(("user", (string?)"x"), 257))),
        ["long conversation"] = ("chat.messages", static request => request.Chat = Conversation(Enumerable.Repeat(("user", (string?)new string('é', 100_000)), 6))),
        ["no role"] = ("chat.messages[1].role", static request => request.Chat = Conversation([("user", "x"), ("", "y")])),
        ["no content"] = ("chat.messages[2].content", static request => request.Chat = Conversation([("user", "x"), ("assistant", ""), ("user", null)])),
        ["refused by the template"] = ("chat.messages", static request => request.Chat = Conversation([("system", "x")])),
        ["context overflow by chat"] = ("prompt", static request => request.Chat = Conversation([("user", new string('a', 60))])),
        ["negative temperature"] = ("sampling.temperature", static request => request.Sampling.Temperature = -1),
        ["NaN temperature"] = ("sampling.temperature", static request => request.Sampling.Temperature = float.NaN),
        ["huge temperature"] = ("sampling.temperature", static request => request.Sampling.Temperature = 101),
        ["negative top-k"] = ("sampling.top_k", static request => request.Sampling.TopK = -1),
        ["zero top-p"] = ("sampling.top_p", static request => request.Sampling.TopP = 0),
        ["top-p above 1"] = ("sampling.top_p", static request => request.Sampling.TopP = 1.01f),
        ["NaN top-p"] = ("sampling.top_p", static request => request.Sampling.TopP = float.NaN),
        ["min-p above 1"] = ("sampling.min_p", static request => request.Sampling.MinP = 1.5f),
        ["negative min-p"] = ("sampling.min_p", static request => request.Sampling.MinP = -0.1f),
        ["contradiction"] = ("sampling.xtc_threshold", static request => request.Sampling.XtcThreshold = 0.2f),
        ["banned token beyond the vocabulary"] = ("sampling.banned_tokens[0]", static request => request.Sampling.BannedTokens.Add(FakeVocabulary.Size)),
        ["min tokens beyond max tokens"] = ("sampling.min_tokens", static request => request.Sampling.MinTokens = 3),
        ["breakers without DRY"] = ("dry_sequence_breakers", static request => request.DrySequenceBreakers.Add("a")),
        ["too many breakers"] = ("dry_sequence_breakers", static request => Dry(request).AddRange(Enumerable.Repeat("a", 17))),
        ["empty breaker"] = ("dry_sequence_breakers[1]", static request => Dry(request).Add(["a", ""])),
        ["long breaker"] = ("dry_sequence_breakers[0]", static request => Dry(request).Add(new string('é', 21))),
        ["no tokens wanted"] = ("max_tokens", static request => request.MaxTokens = 0),
        ["negative max_tokens"] = ("max_tokens", static request => request.MaxTokens = -5),
        ["max_tokens beyond the context"] = ("max_tokens", static request => request.MaxTokens = FakeDecoder.ContextLength + 1),
        ["too many stops"] = ("stop", static request => request.Stop.AddRange(Enumerable.Repeat("a", 17))),
        ["empty stop"] = ("stop[1]", static request => request.Stop.Add(["a", ""])),
        ["long stop"] = ("stop[0]", static request => request.Stop.Add(new string('é', 129))),
        ["unknown mode"] = ("mode", static request => request.Mode = (LoopMode)9),
        ["unknown overflow"] = ("overflow", static request => request.Overflow = (ContextOverflow)9),
        ["negative alternatives"] = ("alternatives", static request => request.Alternatives = -1),
        ["too many alternatives"] = ("alternatives", static request => request.Alternatives = 21),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task A_field_out_of_range_is_named_and_the_next_request_works(string name)
    {
        await using var lab = await FakeLab.StartAsync();
        var broken = Valid();
        Cases[name].Break(broken);

        var error = await lab.FailsAsync(broken);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(Cases[name].Field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
        Assert.Equal("xx", (await lab.GenerateAsync(Valid())).Text);
    }

    [Fact]
    public async Task A_context_overflow_tells_both_numbers()
    {
        await using var lab = await FakeLab.StartAsync();

        var error = await lab.FailsAsync(new GenerateRequest { Text = new string('a', 60) });

        Assert.Equal("prompt: 61 tokens, the model 'fake-base' takes at most 47", error.Status.Detail);
    }

    [Fact]
    public async Task Values_at_the_limits_are_accepted()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = new GenerateRequest
        {
            Text = new string('p', FakeDecoder.ContextLength - 2),
            MaxTokens = FakeDecoder.ContextLength,
            Alternatives = 20,
            Sampling = new SamplingProgram { Temperature = 100, TopK = int.MaxValue, TopP = 1, MinP = 1, Seed = ulong.MaxValue },
        };
        request.Stop.AddRange(Enumerable.Repeat(new string('é', 128), 16));

        var generation = await lab.GenerateAsync(request);

        Assert.Equal("x", generation.Text);
        Assert.Equal(20, generation.Tokens[0].Alternatives.Count);
    }

    [Fact]
    public async Task A_message_over_4_MiB_is_RESOURCE_EXHAUSTED()
    {
        await using var lab = await FakeLab.StartAsync();

        var error = await lab.FailsAsync(new GenerateRequest { Text = new string('a', 5 * 1024 * 1024) });

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("xx", (await lab.GenerateAsync(Valid())).Text);
    }

    private static RepeatedField<string> Dry(GenerateRequest request)
    {
        request.Sampling.Dry = new DryPenalty { Multiplier = 1 };
        return request.DrySequenceBreakers;
    }

    private static ChatMessages Conversation(IEnumerable<(string Role, string? Content)> messages)
    {
        var chat = new ChatMessages();
        foreach (var (role, content) in messages)
        {
            var message = new ChatMessage { Role = role };
            if (content is not null)
            {
                message.Content = content;
            }

            chat.Messages.Add(message);
        }

        return chat;
    }

    private static GenerateRequest Valid() => new() { Text = "Hi", MaxTokens = 2, Sampling = new SamplingProgram { Temperature = 0 } };
}
