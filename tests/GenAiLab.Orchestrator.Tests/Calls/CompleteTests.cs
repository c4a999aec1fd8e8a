using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Calls;

public sealed class CompleteTests
{
    [Fact]
    public async Task The_response_holds_what_Generate_streams()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        var request = new GenerateRequest
        {
            Text = "Hi",
            MaxTokens = 12,
            Alternatives = 2,
            Stop = { "q" },
            Sampling = new SamplingProgram { Temperature = 1, Seed = 3 },
        };

        var streamed = await lab.GenerateAsync(request);
        var response = await CompleteAsync(lab, request);

        var completion = Assert.Single(response.Completions);
        Assert.Equal(streamed.Text, completion.Text);
        Assert.NotEqual("", completion.Text);
        Assert.Equal(streamed.Ids, completion.Tokens.Select(static token => token.TokenId));
        Assert.All(completion.Tokens, static token => Assert.Equal(2, token.Alternatives.Count));
        Assert.Equal(streamed.Finished.Reason, completion.Finished.Reason);
        Assert.Equal(("fake-base", 3ul, streamed.Started.Prompt.Count), (response.Model, response.Seed, response.PromptTokens));
    }

    [Fact]
    public async Task Errors_are_those_of_Generate_and_name_the_field_within_the_request()
    {
        await using var lab = await FakeLab.StartAsync();

        Assert.Equal("request", (await FailsAsync(lab, null)).Field());
        Assert.Equal("request.max_tokens", (await FailsAsync(lab, new GenerateRequest { Text = "a", MaxTokens = 0 })).Field());
        Assert.Equal("request.tokens.ids[0]", (await FailsAsync(lab, new GenerateRequest { Tokens = new TokenIds { Ids = { -1 } } })).Field());
        Assert.Equal(StatusCode.NotFound, (await FailsAsync(lab, new GenerateRequest { Text = "a", Model = "none" })).StatusCode);
    }

    private static async Task<CompleteResponse> CompleteAsync(FakeLab lab, GenerateRequest? request) =>
        await lab.Client.CompleteAsync(new CompleteRequest { Request = request }, deadline: DateTime.UtcNow + Patience.Limit);

    private static Task<RpcException> FailsAsync(FakeLab lab, GenerateRequest? request) =>
        Assert.ThrowsAsync<RpcException>(() => CompleteAsync(lab, request));
}
