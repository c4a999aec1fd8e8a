using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;

namespace GenAiLab.EndToEnd.Faces;

/// <summary>OpenAI's package for .NET, as it is published, against the lab.</summary>
[Collection(FacesCollection.Name)]
public sealed class OpenAiClientTests(FacesLab lab)
{
    private const string Answer = "The capital of France is Paris.";
    private static readonly ChatMessage[] Question = [new UserChatMessage("What is the capital of France?")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Models_are_listed_and_found()
    {
        var models = Client(lab.Key).GetOpenAIModelClient();

        Assert.Contains("lab-chat", (await models.GetModelsAsync(Cancellation)).Value.Select(static model => model.Id));
        Assert.Equal("lab-sft", (await models.GetModelAsync("lab-sft", Cancellation)).Value.Id);
    }

    [Fact]
    public async Task A_chat_is_answered_with_its_counts_and_log_probabilities()
    {
        ChatCompletion answer = await Chat(lab.Key).CompleteChatAsync(
            Question, new ChatCompletionOptions { Temperature = 0, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 }, Cancellation);

        Assert.Equal(Answer, answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(Answer, string.Concat(answer.ContentTokenLogProbabilities.Select(static token => token.Token)));
        Assert.All(answer.ContentTokenLogProbabilities, static token => Assert.Equal(2, token.TopLogProbabilities.Count));
        Assert.Equal(answer.Usage.TotalTokenCount, answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task A_chat_streams()
    {
        var text = "";
        ChatTokenUsage? usage = null;
        ChatFinishReason? finish = null;
        await foreach (var update in Chat(lab.Key).CompleteChatStreamingAsync(Question, new ChatCompletionOptions { Temperature = 0 }, Cancellation))
        {
            text += string.Concat(update.ContentUpdate.Select(static part => part.Text));
            usage ??= update.Usage;
            finish ??= update.FinishReason;
        }

        Assert.Equal(Answer, text);
        Assert.Equal(ChatFinishReason.Stop, finish);
        Assert.True(usage!.OutputTokenCount > 0);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_answer_and_a_stop_sequence_ends_it()
    {
#pragma warning disable OPENAI001 // The package calls the seed experimental.
        async Task<string> DrawAsync(long seed) => (await Chat(lab.Key).CompleteChatAsync(
            Question, new ChatCompletionOptions { Temperature = 2, Seed = seed, MaxOutputTokenCount = 20 }, Cancellation)).Value.Content[0].Text;
#pragma warning restore OPENAI001

        Assert.Equal(await DrawAsync(7), await DrawAsync(7));
        Assert.NotEqual(await DrawAsync(7), await DrawAsync(8));
        ChatCompletion stopped = await Chat(lab.Key).CompleteChatAsync(Question, new ChatCompletionOptions { Temperature = 0, StopSequences = { "ris" } }, Cancellation);
        Assert.Equal(Answer[..^4], stopped.Content[0].Text);
    }

    [Fact]
    public async Task A_schema_and_a_tool_that_must_be_called_are_kept_to()
    {
        var schema = BinaryData.FromString("""{"type":"object","properties":{"city":{"enum":["Paris","Rome"]}},"required":["city"],"additionalProperties":false}""");
        ChatCompletion told = await Chat(lab.Key).CompleteChatAsync(
            Question, new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("answer", schema, jsonSchemaIsStrict: true) }, Cancellation);
        Assert.Contains(CityOf(told.Content[0].Text), new[] { "Paris", "Rome" });

        ChatCompletion called = await Chat(lab.Key).CompleteChatAsync(
            Question,
            new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("weather", "The weather.", schema, functionSchemaIsStrict: true) }, ToolChoice = ChatToolChoice.CreateRequiredChoice() },
            Cancellation);
        Assert.Equal((ChatFinishReason.ToolCalls, "weather"), (called.FinishReason, called.ToolCalls.Single().FunctionName));
        Assert.Contains(CityOf(called.ToolCalls[0].FunctionArguments.ToString()), new[] { "Paris", "Rome" });
    }

    [Fact]
    public async Task Texts_become_vectors()
    {
        var client = Client(lab.Key).GetEmbeddingClient("lab-base");

        var vectors = (await client.GenerateEmbeddingsAsync(["The cow", "The dog"], cancellationToken: Cancellation)).Value;

        Assert.Equal([0, 1], vectors.Select(static vector => vector.Index));
        Assert.All(vectors, static vector => Assert.Equal(1, vector.ToFloats().ToArray().Sum(static value => value * value), 1e-3));
        Assert.Equal(8, (await client.GenerateEmbeddingAsync("The cow", new OpenAI.Embeddings.EmbeddingGenerationOptions { Dimensions = 8 }, Cancellation)).Value.ToFloats().Length);
    }

    [Fact]
    public async Task Errors_have_their_statuses()
    {
        await FailsAsync(401, "invalid_api_key", () => Chat("wrong").CompleteChatAsync(Question));
        await FailsAsync(403, "insufficient_permissions", () => Chat(lab.PoorKey).CompleteChatAsync(Question));
        await FailsAsync(404, "model_not_found", () => Client(lab.Key).GetChatClient("gpt-4").CompleteChatAsync(Question));
        await FailsAsync(400, "temperature", () => Chat(lab.Key).CompleteChatAsync(Question, new ChatCompletionOptions { Temperature = -1 }));
        var slow = Chat(await lab.SlowKeyAsync());
        await slow.CompleteChatAsync(Question, cancellationToken: Cancellation);
        await slow.CompleteChatAsync(Question, cancellationToken: Cancellation);
        var response = await FailsAsync(429, "rate_limit_exceeded", () => slow.CompleteChatAsync(Question));
        Assert.True(response.Headers.TryGetValue("Retry-After", out var seconds) && int.Parse(seconds!, System.Globalization.CultureInfo.InvariantCulture) is > 0 and <= 30);
    }

    private static string CityOf(string json) => System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("city").GetString()!;

    private OpenAIClient Client(string key) => new(new ApiKeyCredential(key), new OpenAIClientOptions
    {
        Endpoint = new Uri($"{lab.Http}/v1"),
        RetryPolicy = new ClientRetryPolicy(0),
    });

    private ChatClient Chat(string key) => Client(key).GetChatClient("lab-chat");

    private static async Task<PipelineResponse> FailsAsync<T>(int status, string said, Func<Task<ClientResult<T>>> call)
    {
        var error = await Assert.ThrowsAsync<ClientResultException>(call);
        Assert.Equal(status, error.Status);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        return error.GetRawResponse()!;
    }
}
