using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Calls;

public sealed class CompareTests
{
    [Fact]
    public async Task The_models_streams_come_side_by_side()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Models.Add(FakeDecoder.Describe("second", ModelState.Ready));

        // Neither model goes on before the other has begun: one after the other would wait for ever.
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lab.Decoder.BeforeToken = async (_, cancellation) =>
        {
            if (lab.Decoder.Sessions == 2)
            {
                began.TrySetResult();
            }

            await began.Task.WaitAsync(cancellation);
        };

        var events = await CompareAsync(lab, Request(["second", "fake-base"], new GenerateRequest { Text = "a", MaxTokens = 3 }));

        foreach (var (index, name) in new[] { "second", "fake-base" }.Index())
        {
            var own = events.Where(e => e.ModelIndex == index).Select(static e => e.Response).ToList();
            Assert.Equal(name, own[0].Started.Model);
            Assert.Equal(3, own.Count(static response => response.Token is not null));
            Assert.Equal(FinishReason.MaxTokens, own[^1].Finished.Reason);
        }
    }

    [Fact]
    public async Task A_model_that_fails_leaves_the_others_alone()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Models.Add(FakeDecoder.Describe("broken", ModelState.Failed, "no graph"));

        var events = await CompareAsync(lab, Request(["broken", "none", "fake-base"], new GenerateRequest { Text = "a", MaxTokens = 3 }));

        var errors = events.Where(static e => e.Error is not null).ToDictionary(static e => e.ModelIndex, static e => (StatusCode)e.Error.Code);
        Assert.Equal(new Dictionary<int, StatusCode> { [0] = StatusCode.FailedPrecondition, [1] = StatusCode.NotFound }, errors);
        Assert.Equal(FinishReason.MaxTokens, events.Last(static e => e.ModelIndex == 2).Response.Finished.Reason);
    }

    [Fact]
    public async Task A_conversation_goes_to_a_base_model_as_its_last_turn()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Models.Add(FakeDecoder.Describe("base", ModelState.Ready, vocabulary: FakeVocabulary.PlainName));
        var chat = new ChatMessages { Messages = { new ChatMessage { Role = "user", Content = "a" }, new ChatMessage { Role = "user", Content = "b" } } };

        var events = await CompareAsync(lab, Request(["fake-base", "base"], new GenerateRequest { Chat = chat, MaxTokens = 1 }));

        Assert.Equal("<|endoftext|>user:a<|endoftext|>user:b<|endoftext|>", Prompt(0));
        Assert.Equal("<|endoftext|>b", Prompt(1));

        string Prompt(int model) => string.Concat(
            events.Single(e => e.ModelIndex == model && e.Response?.Started is not null).Response.Started.Prompt.Select(static token => token.Piece.ToStringUtf8()));
    }

    [Fact]
    public async Task What_is_wrong_for_every_model_fails_the_call()
    {
        await using var lab = await FakeLab.StartAsync();
        var text = new GenerateRequest { Text = "a" };

        Assert.Equal("models", await FieldAsync(lab, Request(["fake-base"], text)));
        Assert.Equal("models", await FieldAsync(lab, Request([.. Enumerable.Range(0, 9).Select(static n => $"m{n}")], text)));
        Assert.Equal("models[2]", await FieldAsync(lab, Request(["a", "b", "a"], text)));
        Assert.Equal("models[1]", await FieldAsync(lab, Request(["a", ""], text)));
        Assert.Equal("request", await FieldAsync(lab, Request(["a", "b"], null)));
        Assert.Equal("request.model", await FieldAsync(lab, Request(["a", "b"], new GenerateRequest { Text = "a", Model = "a" })));
        Assert.Equal("request.text", await FieldAsync(lab, Request(["a", "b"], new GenerateRequest { Text = "" })));
    }

    [Fact]
    public async Task A_caller_that_does_not_read_holds_the_models_up()
    {
        await using var lab = await FakeLab.StartInProcessAsync();
        lab.Decoder.Models.Add(FakeDecoder.Describe("second", ModelState.Ready));
        using var call = lab.Client.Compare(Request(["fake-base", "second"], new GenerateRequest { Text = "a", MaxTokens = 40 }));

        // Each hop keeps a few messages: ours, and the decoder's to each of the two. Waits in vain for more.
        await Patience.UntilAsync(() => lab.Decoder.Written > 4);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        while (!patience.IsCancellationRequested)
        {
            Assert.InRange(lab.Decoder.Written, 5, 24);
            await Task.Yield();
        }

        Assert.Equal(80, (await call.AllAsync()).Count(static e => e.Response.Token is not null));
    }

    private static CompareRequest Request(IEnumerable<string> models, GenerateRequest? request) => new() { Models = { models }, Request = request };

    private static Task<IReadOnlyList<CompareResponse>> CompareAsync(FakeLab lab, CompareRequest request) => lab.Client.Compare(request).AllAsync();

    private static async Task<string> FieldAsync(FakeLab lab, CompareRequest request) =>
        (await Assert.ThrowsAsync<RpcException>(() => CompareAsync(lab, request))).Field();
}
