using System.Text.Json;
using GenAiLab.V1;
using Microsoft.Extensions.AI;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace GenAiLab.Client.Tests;

/// <summary>What of a program's messages and options reaches the orchestrator.</summary>
public sealed class ChatRequestTests
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.User, "Hello")];

    [Fact]
    public async Task Every_option_arrives()
    {
        var request = await SentAsync(Hello, new ChatOptions
        {
            ModelId = "lab-sft",
            Instructions = "Be brief.",
            Temperature = 0.5f,
            TopP = 0.9f,
            TopK = 40,
            MaxOutputTokens = 9,
            Seed = -1,
            StopSequences = ["\n", "END"],
            FrequencyPenalty = 0.25f,
            PresencePenalty = -0.25f,
            ResponseFormat = ChatResponseFormat.Json,
        });

        var expected = new GenerateRequest
        {
            Model = "lab-sft",
            MaxTokens = 9,
            Stop = { "\n", "END" },
            Sampling = new SamplingProgram { Temperature = 0.5f, TopP = 0.9f, TopK = 40, Seed = ulong.MaxValue, FrequencyPenalty = 0.25f, PresencePenalty = -0.25f },
            Constraint = new Constraint { JsonObject = new JsonObject() },
        };
        Assert.Equal(expected, request.Settings);
        Assert.Equal([("system", "Be brief."), ("user", "Hello")], request.Messages.Select(static message => (message.Role, message.Content)));
    }

    [Fact]
    public async Task Without_options_nothing_but_the_model_is_set()
    {
        var request = await SentAsync(Hello, null);

        Assert.Equal(new ChatRequest { Messages = { new V1.ChatMessage { Role = "user", Content = "Hello" } }, Settings = new GenerateRequest { Model = "scripted", Sampling = new SamplingProgram() } }, request);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("text", null)]
    [InlineData("schema", """{"type":"integer"}""")]
    public async Task A_response_format_is_a_constraint(string? format, string? schema)
    {
        using var document = JsonDocument.Parse("""{"type":"integer"}""");
        var request = await SentAsync(Hello, new ChatOptions
        {
            ResponseFormat = format switch
            {
                "schema" => ChatResponseFormat.ForJsonSchema(document.RootElement),
                "text" => ChatResponseFormat.Text,
                _ => null,
            },
        });

        Assert.Equal(schema, request.Settings.Constraint?.JsonSchema);
    }

    [Fact]
    public async Task What_the_options_have_no_property_for_is_set_by_its_name_in_the_contract()
    {
        var request = await SentAsync(Hello, new ChatOptions
        {
            AdditionalProperties = new AdditionalPropertiesDictionary
            {
                ["min_p"] = 0.1,
                ["dry"] = new DryPenalty { Multiplier = 0.8f },
                ["banned_tokens"] = new[] { 1, 2 },
                ["best_of"] = 3,
                ["guard"] = new { labels = new[] { "story" }, output = true },
                ["constraint"] = JsonSerializer.SerializeToElement(new { regex = "a+" }),
                ["typical_p"] = null,
            },
        });

        Assert.Equal(new SamplingProgram { MinP = 0.1f, Dry = new DryPenalty { Multiplier = 0.8f }, BannedTokens = { 1, 2 } }, request.Settings.Sampling);
        Assert.Equal(3, request.Settings.BestOf);
        Assert.Equal(new Guard { Labels = { "story" }, Output = true }, request.Settings.Guard);
        Assert.Equal("a+", request.Settings.Constraint.Regex);
    }

    [Theory]
    [InlineData("minp", 0.1)]
    [InlineData("min_p", "much")]
    [InlineData("text", "Hello")]
    public async Task A_name_or_value_that_the_contract_does_not_have_is_refused_and_named(string name, object value)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => SentAsync(Hello, new ChatOptions { AdditionalProperties = new() { [name] = value } }));

        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_of_the_contract_has_the_last_word()
    {
        var request = await SentAsync(Hello, new ChatOptions
        {
            Temperature = 1,
            TopK = 5,
            RawRepresentationFactory = static _ => new GenerateRequest { Sampling = new SamplingProgram { Temperature = 0 }, Mode = LoopMode.Step },
        });

        Assert.Equal(new SamplingProgram { Temperature = 0, TopK = 5 }, request.Settings.Sampling);
        Assert.Equal(LoopMode.Step, request.Settings.Mode);
    }

    [Fact]
    public async Task A_whole_conversation_arrives()
    {
        var request = await SentAsync(
            [
                new ChatMessage(ChatRole.User, [new TextContent("Warm"), new TextContent(" here?")]),
                new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("hm"), new FunctionCallContent("1", "heat", new Dictionary<string, object?> { ["room"] = "hall" }), new FunctionCallContent("2", "air")]),
                new ChatMessage(ChatRole.Tool, [new FunctionResultContent("1", new { degrees = 21 }), new FunctionResultContent("2", "fresh")]),
                new ChatMessage(ChatRole.Assistant, ""),
            ],
            null);

        Assert.Equal(
            [
                new V1.ChatMessage { Role = "user", Content = "Warm here?" },
                new V1.ChatMessage { Role = "assistant", ToolCalls = { new ToolCall { Id = "1", Name = "heat", ArgumentsJson = """{"room":"hall"}""" }, new ToolCall { Id = "2", Name = "air", ArgumentsJson = "{}" } } },
                new V1.ChatMessage { Role = "tool", ToolCallId = "1", Content = """{"degrees":21}""" },
                new V1.ChatMessage { Role = "tool", ToolCallId = "2", Content = "fresh" },
                new V1.ChatMessage { Role = "assistant", Content = "" },
            ],
            request.Messages);
    }

    [Fact]
    public async Task What_the_lab_cannot_do_is_refused_and_named()
    {
        ChatMessage[] image = [new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])];
        ChatMessage[] audio = [new(ChatRole.User, [new UriContent("http://host/a.wav", "audio/wav")])];

        await RefusedAsync("image/png", image);
        await RefusedAsync("audio/wav", audio);
        await RefusedAsync("HostedWebSearchTool", Hello, new ChatOptions { Tools = [new HostedWebSearchTool()] });
        await RefusedAsync("ConversationId", Hello, new ChatOptions { ConversationId = "7" });
        await RefusedAsync("candidates", Hello, new ChatOptions { AdditionalProperties = new() { ["candidates"] = 2 } });
    }

    private static async Task RefusedAsync(string named, ChatMessage[] messages, ChatOptions? options = null)
    {
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => SentAsync(messages, options));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    private static async Task<ChatRequest> SentAsync(ChatMessage[] messages, ChatOptions? options)
    {
        await using var lab = await ScriptedLab.StartAsync();
        lab.Orchestrator.HasTools = true;
        using var client = new LabChatClient(lab.Address, "scripted");
        await client.GetResponseAsync(messages, options).WaitAsync(ScriptedLab.Patience, TestContext.Current.CancellationToken);
        return lab.Orchestrator.Chats.Single();
    }
}
