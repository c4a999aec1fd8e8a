using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatResponse = GenAiLab.V1.ChatResponse;

namespace GenAiLab.Client.Tests;

/// <summary>What a .NET program sees of an answer.</summary>
public sealed class LabChatClientTests
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.User, "Hello")];

    [Fact]
    public async Task An_answer_streams_as_updates_of_one_message()
    {
        await using var lab = await AnsweringAsync("Good", " day");
        using var client = new LabChatClient(lab.Address);

        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync(Hello, cancellationToken: TestContext.Current.CancellationToken))
        {
            updates.Add(update);
        }

        Assert.Equal(["", "Good", " day", "!"], updates.Select(static update => update.Text));
        Assert.Single(updates.Select(static update => (update.ResponseId, update.MessageId, update.ModelId, update.CreatedAt, update.Role)).Distinct());
        Assert.All(updates, static update => Assert.IsType<ChatResponse>(update.RawRepresentation));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Fact]
    public async Task An_answer_says_what_it_cost_and_where_it_came_from()
    {
        await using var lab = await AnsweringAsync("Good", " day");
        using var client = new LabChatClient(lab.Address);

        var response = await WithinAsync(client.GetResponseAsync(Hello));
        var other = await WithinAsync(client.GetResponseAsync(Hello));

        Assert.Equal(("Good day!", "scripted", ChatFinishReason.Stop), (response.Text, response.ModelId, response.FinishReason));
        Assert.Equal(
            (7L, 3L, 10L, 5L),
            (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount, response.Usage.CachedInputTokenCount));
        Assert.Equal(ChatRole.Assistant, Assert.Single(response.Messages).Role);
        Assert.NotNull(response.Messages[0].MessageId);
        Assert.NotNull(response.CreatedAt);
        Assert.NotEqual(response.ResponseId, other.ResponseId);
        Assert.Equal(ulong.MaxValue, response.Messages[0].AdditionalProperties!["seed"]);
    }

    [Theory]
    [InlineData(FinishReason.EndOfSequence, "stop")]
    [InlineData(FinishReason.StopSequence, "stop")]
    [InlineData(FinishReason.MaxTokens, "length")]
    [InlineData(FinishReason.ContextFull, "length")]
    [InlineData(FinishReason.Guard, "content_filter")]
    [InlineData(FinishReason.Cancelled, "cancelled")]
    [InlineData(FinishReason.Deadline, "deadline")]
    public async Task Why_an_answer_ended_is_told(FinishReason reason, string expected)
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = _ => [ScriptedOrchestrator.Finished(reason)];
        using var client = new LabChatClient(lab.Address);

        Assert.Equal(new ChatFinishReason(expected), (await WithinAsync(client.GetResponseAsync(Hello))).FinishReason);
    }

    [Fact]
    public async Task A_model_that_fails_on_the_way_is_an_error()
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = _ => [new ChatResponse { Text = "Goo" }, ScriptedOrchestrator.Finished(FinishReason.Error)];
        using var client = new LabChatClient(lab.Address);

        var error = await Assert.ThrowsAsync<RpcException>(() => WithinAsync(client.GetResponseAsync(Hello)));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public async Task Cancelling_ends_the_answer_on_the_server()
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = _ => [new ChatResponse { Text = "endless" }];
        using var client = new LabChatClient(lab.Address);
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync(Hello, cancellationToken: cancellation.Token))
            {
                await cancellation.CancelAsync();
            }
        });

        await WithinAsync(lab.Orchestrator.Cancelled.ContinueWith(static _ => true, TaskScheduler.Default));
    }

    [Fact]
    public async Task Structured_output_is_a_constraint_and_comes_back_as_a_value()
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = _ => [new ChatResponse { Text = """{"name":"Paris",""" }, new ChatResponse { Text = "\"inhabitants\":2}" }, ScriptedOrchestrator.Finished()];
        using var client = new LabChatClient(lab.Address);

        var city = await WithinAsync(client.GetResponseAsync<City>("Which city?"));

        Assert.Equal(new City("Paris", 2), city.Result);
        var schema = lab.Orchestrator.Chats.Single().Settings.Constraint.JsonSchema;
        Assert.Contains("inhabitants", schema, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_says_who_it_is()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var owner = lab.Client();
        using var client = owner.AsIChatClient("lab-chat");

        var metadata = client.GetService<ChatClientMetadata>();

        Assert.Equal(("genailab", lab.Address, "lab-chat"), (metadata!.ProviderName, metadata.ProviderUri, metadata.DefaultModelId));
        Assert.Same(client, client.GetService<LabChatClient>());
        Assert.NotNull(client.GetService<V1.Orchestrator.OrchestratorClient>());
        Assert.Null(client.GetService<string>());
        Assert.Null(client.GetService(typeof(IChatClient), "key"));
        await WithinAsync(client.GetResponseAsync("Hello"));
        Assert.Equal("lab-chat", lab.Orchestrator.Chats.Single().Settings.Model);

        // The channel is still its owner's.
        client.Dispose();
        await WithinAsync(owner.ListModelsAsync());
    }

    [Fact]
    public async Task It_is_registered_as_every_chat_client_is()
    {
        await using var lab = await AnsweringAsync("Good", " day");
        var services = new ServiceCollection();
        services.AddChatClient(new LabChatClient(lab.Address)).UseFunctionInvocation();
        await using var provider = services.BuildServiceProvider();

        var response = await WithinAsync(provider.GetRequiredService<IChatClient>().GetResponseAsync(Hello));

        Assert.Equal("Good day!", response.Text);
    }

    private static async Task<ScriptedLab> AnsweringAsync(params string[] texts)
    {
        var lab = await ScriptedLab.StartAsync();
        var finished = new GenerationFinished { Reason = FinishReason.EndOfSequence, Text = "!", PromptTokens = 7, GeneratedTokens = 3, CachedPromptTokens = 5 };
        lab.Orchestrator.Script = _ =>
        [
            new ChatResponse { Started = new ChatStarted { Model = "scripted", Seed = ulong.MaxValue, PromptTokens = 7 } },
            .. texts.Select(static text => new ChatResponse { Text = text }),
            new ChatResponse { Finished = finished },
        ];
        return lab;
    }

    private static Task<T> WithinAsync<T>(Task<T> task) => task.WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);

    private sealed record City(string Name, int Inhabitants);
}
