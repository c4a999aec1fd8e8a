using GenAiLab.V1;
using Microsoft.Extensions.AI;
using ChatResponse = GenAiLab.V1.ChatResponse;

namespace GenAiLab.Client.Tests;

/// <summary>Functions that a model asks for, called by the middleware of Microsoft.Extensions.AI.</summary>
public sealed class FunctionCallingTests
{
    private static readonly AIFunction Temperature = AIFunctionFactory.Create(static (string city) => city == "Paris" ? 21 : 0, "temperature", "In degrees.");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_required_function_is_called_and_its_result_answered(bool hasTools)
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.HasTools = hasTools;
        lab.Orchestrator.Script = Calling("""{"city":"Paris"}""");
        using var client = new LabChatClient(lab.Address).AsBuilder().UseFunctionInvocation().Build();

        var response = await WithinAsync(client.GetResponseAsync("Warm?", new ChatOptions { Tools = [Temperature], ToolMode = ChatToolMode.RequireAny }));

        Assert.Equal("Quite.", response.Text);
        var (first, second) = (lab.Orchestrator.Chats.First(), lab.Orchestrator.Chats.Last());
        Assert.Equal(new ToolChoice { Mode = ToolMode.Required }, first.ToolChoice);
        Assert.Equal(("temperature", "In degrees."), (first.Tools.Single().Name, first.Tools.Single().Description));
        Assert.Contains("\"city\"", first.Tools.Single().ParametersJsonSchema, StringComparison.Ordinal);
        Assert.Equal(
            [
                new V1.ChatMessage { Role = "user", Content = "Warm?" },
                new V1.ChatMessage { Role = "assistant", ToolCalls = { new ToolCall { Id = "call-1", Name = "temperature", ArgumentsJson = """{"city":"Paris"}""" } } },
                new V1.ChatMessage { Role = "tool", Content = "21", ToolCallId = "call-1" },
            ],
            second.Messages);

        // The middleware requires nothing any more; a model that cannot decide is not asked to.
        Assert.Equal(hasTools ? null : new ToolChoice { Mode = ToolMode.None }, second.ToolChoice);
    }

    [Fact]
    public async Task A_call_is_a_content_and_the_reason_to_end()
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = Calling("""{"city":"Paris","days":[1,2]}""");
        using var client = new LabChatClient(lab.Address);

        var response = await WithinAsync(client.GetResponseAsync("Warm?", new ChatOptions { Tools = [Temperature], ToolMode = ChatToolMode.RequireSpecific("temperature") }));

        var call = Assert.IsType<FunctionCallContent>(Assert.Single(response.Messages.Single().Contents));
        Assert.Equal(("call-1", "temperature", "Paris"), (call.CallId, call.Name, call.Arguments!["city"]!.ToString()));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Equal(new ToolChoice { Mode = ToolMode.Required, Name = "temperature" }, lab.Orchestrator.Chats.Single().ToolChoice);
    }

    [Fact]
    public async Task Arguments_that_are_no_object_are_an_error_of_the_call()
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.Script = Calling("""{"city":""");
        using var client = new LabChatClient(lab.Address);

        var response = await WithinAsync(client.GetResponseAsync("Warm?", new ChatOptions { Tools = [Temperature] }));

        Assert.NotNull(Assert.IsType<FunctionCallContent>(Assert.Single(response.Messages.Single().Contents)).Exception);
    }

    [Fact]
    public async Task Who_decides_is_told()
    {
        await using var lab = await ScriptedLab.StartAsync();
        using var client = new LabChatClient(lab.Address);

        foreach (var mode in new ChatToolMode?[] { null, ChatToolMode.Auto, ChatToolMode.None })
        {
            await WithinAsync(client.GetResponseAsync("Warm?", new ChatOptions { Tools = [Temperature], ToolMode = mode }));
        }

        Assert.Equal([null, ToolMode.Auto, ToolMode.None], lab.Orchestrator.Chats.Select(static request => request.ToolChoice?.Mode));
    }

    /// <summary>A model that asks for the temperature and, when it was told, answers.</summary>
    private static Func<ChatRequest, IEnumerable<ChatResponse>> Calling(string arguments) => request => request.Messages.Count > 1
        ? [new ChatResponse { Text = "Quite." }, ScriptedOrchestrator.Finished()]
        : [new ChatResponse { ToolCall = new ToolCall { Id = "call-1", Name = "temperature", ArgumentsJson = arguments } }, ScriptedOrchestrator.Finished()];

    private static Task<T> WithinAsync<T>(Task<T> task) => task.WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);
}
