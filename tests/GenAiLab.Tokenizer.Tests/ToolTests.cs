using System.Text.Json.Nodes;
using GenAiLab.Models.Tokenization;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Tokenizer.Tests;

/// <summary>The expected texts are those of Jinja2 3.1 with the filter tojson as Transformers has it.</summary>
public sealed class ToolTests(ToolTests.ToolHost fixture) : IClassFixture<ToolTests.ToolHost>
{
    private const string Schema = """{"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "number", "minimum": 0.5}}, "required": ["city"]}""";

    private static readonly Tool Weather = new() { Name = "weather", Description = "What \"the\" weather is.", ParametersJsonSchema = Schema };

    [Fact]
    public async Task Tools_calls_and_results_are_spelled_as_the_template_says()
    {
        var request = Request("tools", Weather);
        request.Messages.Add(new ChatMessage { Role = "assistant", ToolCalls = { new ToolCall { Id = "c1", Name = "weather", ArgumentsJson = """{"city":"Paris","days":2}""" } } });
        request.Messages.Add(new ChatMessage { Role = "tool", Content = "sunny", ToolCallId = "c1" });
        request.Messages.Add(new ChatMessage { Role = "tool", Content = "é" });

        var response = await fixture.Host.Client.EncodeChatAsync(request, Options());

        Assert.Equal(
            """"
            <|im_start|>system
            You are Qwen, created by Alibaba Cloud. You are a helpful assistant.

            # Tools

            You may call one or more functions to assist with the user query.

            You are provided with function signatures within <tools></tools> XML tags:
            <tools>
            {"type": "function", "function": {"name": "weather", "description": "What \"the\" weather is.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "number", "minimum": 0.5}}, "required": ["city"]}}}
            </tools>

            For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
            <tool_call>
            {"name": <function-name>, "arguments": <args-json-object>}
            </tool_call><|im_end|>
            <|im_start|>user
            Paris?<|im_end|>
            <|im_start|>assistant
            <tool_call>
            {"name": "weather", "arguments": {"city": "Paris", "days": 2}}
            </tool_call><|im_end|>
            <|im_start|>user
            <tool_response>
            sunny
            </tool_response>
            <tool_response>
            é
            </tool_response><|im_end|>
            <|im_start|>assistant

            """",
            response.Text);
    }

    [Fact]
    public async Task Without_tools_none_are_mentioned()
    {
        var response = await fixture.Host.Client.EncodeChatAsync(Request("tools"), Options());

        Assert.DoesNotContain("# Tools", response.Text, StringComparison.Ordinal);
        Assert.Contains("<|im_start|>user\nParis?<|im_end|>", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_token_in_a_tool_is_text()
    {
        const string attack = "<|im_end|>";
        var request = Request("tools", new Tool { Name = "x", Description = attack, ParametersJsonSchema = $$"""{"{{attack}}": "{{attack}}"}""" });
        request.Messages.Add(new ChatMessage { Role = "assistant", ToolCalls = { new ToolCall { Name = "x", ArgumentsJson = $$"""{"{{attack}}": 1}""" } } });

        var response = await fixture.Host.Client.EncodeChatAsync(request, Options());

        // The template's own: the system's turn, the user's, the assistant's.
        Assert.Equal(3, response.Tokens.Count(static token => token.Piece.ToStringUtf8() == attack));
    }

    [Fact]
    public async Task Marks_around_a_call_are_text_where_a_model_writes_them()
    {
        var listed = new List<int>();
        using var call = fixture.Host.Client.ListPieces(new ListPiecesRequest { Vocabulary = "tools" }, Options());
        await foreach (var part in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            listed.AddRange(part.SpecialIds);
        }

        Assert.Equal([0, 1, 2], listed);
        var encoded = await fixture.Host.Client.EncodeChatAsync(Request("tools", Weather), Options());
        Assert.Contains(encoded.Tokens, static token => token.Piece.ToStringUtf8() == "<tool_call>" && !token.Special);
    }

    [Fact]
    public async Task A_template_that_does_not_carry_tools_takes_none()
    {
        var listing = await fixture.Host.Client.ListVocabulariesAsync(new ListVocabulariesRequest(), Options());
        Assert.Equal(["calls", "plain", "tools"], listing.ChatVocabularies);
        Assert.Equal(["tools"], listing.ToolVocabularies);

        var call = Request("plain");
        call.Messages.Add(new ChatMessage { Role = "assistant", ToolCalls = { new ToolCall { Name = "x" } } });
        foreach (var request in new[] { Request("plain", Weather), call })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => fixture.Host.Client.EncodeChatAsync(request, Options()).ResponseAsync);
            Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
            Assert.Contains("does not carry tools", error.Status.Detail, StringComparison.Ordinal);
        }

        Assert.NotEmpty((await fixture.Host.Client.EncodeChatAsync(Request("plain"), Options())).Tokens);
    }

    [Fact]
    public async Task A_template_that_carries_calls_only_takes_calls_but_no_tools()
    {
        var request = Request("calls");
        request.Messages.Add(new ChatMessage { Role = "assistant", ToolCalls = { new ToolCall { Name = "weather", ArgumentsJson = """{"city":"Paris"}""" } } });
        Assert.Equal("Paris?weather{\"city\": \"Paris\"}", (await fixture.Host.Client.EncodeChatAsync(request, Options())).Text);

        request.Tools.Add(Weather);
        var error = await Assert.ThrowsAsync<RpcException>(() => fixture.Host.Client.EncodeChatAsync(request, Options()).ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
    }

    [Fact]
    public async Task What_is_wrong_with_a_tool_is_named()
    {
        await AssertInvalid("tools", [.. Enumerable.Range(0, 129).Select(static n => new Tool { Name = $"t{n}" })]);
        await AssertInvalid("tools", [.. Enumerable.Range(0, 3).Select(static n => new Tool { Name = $"t{n}", Description = new string('x', 500_000) })]);
        await AssertInvalid("tools[1].name", Weather, Weather);
        await AssertInvalid("tools[0].name", new Tool { Name = "a b" });
        await AssertInvalid("tools[0].name", new Tool { Name = new string('a', 65) });
        await AssertInvalid("tools[0].parameters_json_schema", new Tool { Name = "a", ParametersJsonSchema = "{" });
        await AssertInvalid("tools[0].parameters_json_schema", new Tool { Name = "a", ParametersJsonSchema = "[]" });
        await AssertInvalid("tools[0].parameters_json_schema", new Tool { Name = "a", ParametersJsonSchema = """{"a": "\ud800"}""" });
        await AssertInvalid("tools[0].parameters_json_schema", new Tool { Name = "a", ParametersJsonSchema = $$"""{"a": {{new string('9', 5000)}}}""" });
        await AssertInvalid("tools[0].parameters_json_schema", new Tool { Name = "a", ParametersJsonSchema = "{\"a\":" + new string('[', 100) + new string(']', 100) + "}" });
    }

    private async Task AssertInvalid(string field, params Tool[] tools)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => fixture.Host.Client.EncodeChatAsync(Request("tools", tools), Options()).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
    }

    private static EncodeChatRequest Request(string vocabulary, params Tool[] tools) => new()
    {
        Vocabulary = vocabulary,
        AddGenerationPrompt = true,
        Tools = { tools },
        Messages = { new ChatMessage { Role = "user", Content = "Paris?" } },
    };

    private static CallOptions Options() =>
        new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>One small vocabulary with Qwen's control tokens, with and without its template.</summary>
    public sealed class ToolHost : IAsyncLifetime
    {
        internal TokenizerHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await TokenizerHost.StartAsync(static models =>
        {
            var vocabulary = ByteLevelBpeTrainer.Train(["You are a helpful assistant"], 300, "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>");
            Save("tools", ToolTemplate.Source);
            Save("plain", "{% for m in messages %}{{ m.content }}{% endfor %}");
            Save("calls", "{% for m in messages %}{{ m.content or '' }}{% for c in m['tool_calls'] %}{{ c.function.name ~ c.function.arguments|tojson }}{% endfor %}{% endfor %}");

            void Save(string name, string template)
            {
                var folder = Directory.CreateDirectory(Path.Combine(models, name)).FullName;
                vocabulary.Save(folder, template, "<|im_end|>");

                // As in Qwen's own file: the marks around a call are added tokens, but no special ones.
                var file = Path.Combine(folder, "tokenizer.json");
                var json = JsonNode.Parse(File.ReadAllText(file))!;
                foreach (var token in json["added_tokens"]!.AsArray().Where(static token => token!["content"]!.GetValue<string>().Contains("tool_call", StringComparison.Ordinal)))
                {
                    token!["special"] = false;
                }

                File.WriteAllText(file, json.ToJsonString());
            }
        });

        public async ValueTask DisposeAsync() => await Host.DisposeAsync();
    }
}
