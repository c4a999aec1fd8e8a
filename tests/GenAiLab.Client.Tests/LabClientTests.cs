using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.Client.Tests;

public sealed class LabClientTests
{
    [Fact]
    public async Task Events_arrive_in_order()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();
        var events = new List<GenerateResponse.EventOneofCase>();

        await foreach (var response in client.GenerateAsync(new GenerateRequest { Text = "ab" }, TestContext.Current.CancellationToken))
        {
            events.Add(response.EventCase);
        }

        Assert.Equal(
            [
                GenerateResponse.EventOneofCase.Started, GenerateResponse.EventOneofCase.Token,
                GenerateResponse.EventOneofCase.Token, GenerateResponse.EventOneofCase.Finished,
            ],
            events);
    }

    [Fact]
    public async Task A_completion_is_the_whole_text()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();

        Assert.Equal("Paris/5", await WithinAsync(client.CompleteAsync("Paris", static request => request.MaxTokens = 5)));
    }

    [Fact]
    public async Task A_conversation_is_streamed_or_answered_as_one_text()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();
        ChatMessage[] conversation = [new() { Role = "user", Content = "a" }, new() { Role = "assistant", Content = "b" }, new() { Role = "user", Content = "c" }];
        const string echo = "user:a|assistant:b|user:c@lab-chat";

        Assert.Equal(echo + "/7", await WithinAsync(client.AnswerAsync(conversation, static request => (request.Model, request.MaxTokens) = ("lab-chat", 7))));
        var tokens = 0;
        await foreach (var response in client.ChatAsync(conversation, static request => request.Model = "lab-chat", TestContext.Current.CancellationToken))
        {
            tokens += response.Token is null ? 0 : 1;
        }

        Assert.Equal(echo.Length, tokens);
        var error = await Assert.ThrowsAsync<RpcException>(() => WithinAsync(client.AnswerAsync([new ChatMessage { Role = "user", Content = "broken" }])));
        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public async Task A_model_that_fails_on_the_way_is_an_error()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();

        var error = await Assert.ThrowsAsync<RpcException>(() => WithinAsync(client.CompleteAsync("broken")));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public async Task Leaving_the_stream_ends_the_generation_on_the_server()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();

        await foreach (var response in client.GenerateAsync(new GenerateRequest { Text = "endless" }, TestContext.Current.CancellationToken))
        {
            if (response.Token is not null)
            {
                break;
            }
        }

        await lab.Orchestrator.Cancelled.WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Cancelling_throws_OperationCanceledException()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var response in client.GenerateAsync(new GenerateRequest { Text = "endless" }, cancellation.Token))
            {
                await cancellation.CancelAsync();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WithinAsync(client.ListModelsAsync(cancellation.Token)));
    }

    [Fact]
    public async Task A_refused_field_can_be_read_off_the_error()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();

        var error = await Assert.ThrowsAsync<RpcException>(() => WithinAsync(client.CompleteAsync("")));

        var violation = Assert.Single(error.GetFieldViolations());
        Assert.Equal(("text", "is empty"), (violation.Field, violation.Description));
        Assert.Null(error.GetRetryDelay());
    }

    [Theory]
    [InlineData("full", StatusCode.ResourceExhausted, 3)]
    [InlineData("garbled", StatusCode.InvalidArgument, null)]
    public async Task An_error_without_field_violations_has_none(string prompt, StatusCode status, int? retrySeconds)
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = lab.Client();

        var error = await Assert.ThrowsAsync<RpcException>(() => WithinAsync(client.CompleteAsync(prompt)));

        Assert.Equal(status, error.StatusCode);
        Assert.Empty(error.GetFieldViolations());
        Assert.Equal(retrySeconds, (int?)error.GetRetryDelay()?.TotalSeconds);
    }

    [Fact]
    public async Task Every_service_is_reached_over_a_shared_channel()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var channel = GrpcChannel.ForAddress(lab.Address);
        using (var client = new LabClient(channel))
        {
            Assert.Equal("scripted", (await WithinAsync(client.ListModelsAsync())).DefaultModel);
            Assert.Equal("text", (await WithinAsync(client.EncodeAsync("text"))).Tokens[0].Piece.ToStringUtf8());
            var classes = await WithinAsync(client.ClassifyAsync("text", "model", top: 2));
            Assert.Equal(("model", "text", 2), (classes.Model, classes.Labels[0].Label, classes.TokenCount));
        }

        // The channel is still its owner's.
        using var second = new LabClient(channel);
        Assert.Equal("scripted", (await WithinAsync(second.ListModelsAsync())).DefaultModel);
    }

    [Fact]
    public async Task The_other_calls_are_one_method_each()
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = static request => [new ChatResponse { Text = request.Messages[0].Content }, ScriptedOrchestrator.Finished()];
        using var client = lab.Client();

        Assert.Equal("ab", (await WithinAsync(client.CompleteAsync(new GenerateRequest { Text = "ab" }))).Completions.Single().Text);
        Assert.Equal(("lab-base", -2f), await WithinAsync(client.ScoreAsync("ab", "lab-base")) is var score ? (score.Model, score.SumLogProbability) : default);
        Assert.Equal([[1f, 0f], [2f, 1f]], (await WithinAsync(client.EmbedAsync(["a", "bc"]))).Embeddings.Select(static embedding => embedding.Values));
        var models = new List<string>();
        await foreach (var response in client.CompareAsync(new CompareRequest { Models = { "x", "y" } }, TestContext.Current.CancellationToken))
        {
            models.Add(response.Response.Finished.Text);
        }

        Assert.Equal(["x", "y"], models);
        var events = new List<ChatResponse.EventOneofCase>();
        var request = new ChatRequest { Messages = { new ChatMessage { Role = "user", Content = "Hello" } } };
        await foreach (var response in client.ChatAsync(request, TestContext.Current.CancellationToken))
        {
            events.Add(response.EventCase);
        }

        Assert.Equal([ChatResponse.EventOneofCase.Text, ChatResponse.EventOneofCase.Finished], events);
    }

    private static Task<T> WithinAsync<T>(Task<T> task) => task.WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);
}
