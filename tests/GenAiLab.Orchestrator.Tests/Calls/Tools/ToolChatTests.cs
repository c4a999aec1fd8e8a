using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Calls.Tools;

public sealed class ToolChatTests
{
    private const string Schema = """{"type": "object", "properties": {"c": {"$ref": "#/$defs/letter"}}, "required": ["c"], "additionalProperties": false, "$defs": {"letter": {"enum": ["x", "y"]}}}""";

    private static readonly Tool[] Tools = [new() { Name = "f" }, new() { Name = "g" }];

    [Fact]
    public async Task The_model_decides_to_call_where_its_template_carries_tools()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Tokenizer.CarriesTools = true;
        lab.Decoder.Model = Says(Call);

        var events = await ChatAsync(lab, Request(ToolMode.Auto));

        Assert.Equal("hm", string.Concat(events.Select(static e => e.Text)));
        var call = Assert.Single(events, static e => e.ToolCall is not null).ToolCall;
        Assert.Equal(("g", "{}"), (call.Name, call.ArgumentsJson));
        Assert.NotEqual("", call.Id);
        Assert.Equal(FinishReason.EndOfSequence, events[^1].Finished.Reason);
        Assert.Equal("[f][g]_user:a_".Length, events[0].Started.PromptTokens);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_is_required_is_made_by_a_model_that_knows_nothing_of_tools(bool carriesTools)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = FakeDecoder.Noise();
        lab.Tokenizer.CarriesTools = carriesTools;
        var tool = new Tool { Name = "f", ParametersJsonSchema = Schema };
        var request = Request(ToolMode.Required, "f", [tool, Tools[1]]);
        request.Settings.Sampling = new SamplingProgram { Temperature = 2, Seed = 6 };

        var events = await ChatAsync(lab, request);

        Assert.Equal("", string.Concat(events.Select(static e => e.Text)));
        var call = Assert.Single(events, static e => e.ToolCall is not null).ToolCall;
        Assert.Equal("f", call.Name);
        Assert.Contains(System.Text.Json.JsonDocument.Parse(call.ArgumentsJson).RootElement.GetProperty("c").GetString(), new[] { "x", "y" });
        Assert.True(events[^1].Finished.ConstraintSatisfied);
    }

    [Theory]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"name":"g"}}""")]
    public async Task What_is_no_call_stays_text(string json)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Tokenizer.CarriesTools = true;
        lab.Decoder.Model = Says(Calls(json));

        var events = await ChatAsync(lab, Request(ToolMode.Auto));

        Assert.DoesNotContain(events, static e => e.ToolCall is not null);
        Assert.Contains(json, string.Concat(events.Select(static e => e.Text)), StringComparison.Ordinal);
        Assert.Equal(FinishReason.EndOfSequence, events[^1].Finished.Reason);
    }

    [Fact]
    public async Task A_tool_s_schema_that_no_constraint_can_be_made_of_is_the_tools_fault()
    {
        await using var lab = await FakeLab.StartAsync();

        Assert.Equal("tools", await FieldAsync(lab, Request(ToolMode.Required, tools: [new Tool { Name = "f", ParametersJsonSchema = "{\"type\": \"nonsense\"}" }])));
    }

    [Fact]
    public async Task Tools_that_a_template_cannot_show_are_not_dropped_in_silence()
    {
        await using var lab = await FakeLab.StartAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => ChatAsync(lab, Request(ToolMode.Auto)));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("does not carry tools", error.Status.Detail);
    }

    [Fact]
    public async Task Tools_that_are_not_offered_leave_the_text_as_it_is()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Model = Says(Call);

        var events = await ChatAsync(lab, Request(ToolMode.None));

        Assert.Equal("hm <tool_call>{\"name\":\"g\"}</tool_call>", string.Concat(events.Select(static e => e.Text)));
        Assert.DoesNotContain(events, static e => e.ToolCall is not null);
    }

    [Fact]
    public async Task A_conversation_with_calls_is_plain_text_for_a_template_without_tools()
    {
        await using var lab = await FakeLab.StartAsync();
        var request = new ChatRequest
        {
            Messages =
            {
                new ChatMessage { Role = "ai", ToolCalls = { new ToolCall { Name = "f", ArgumentsJson = "{}" } } },
                new ChatMessage { Role = "tool", Content = "7" },
            },
            Settings = new GenerateRequest { MaxTokens = 1, Mode = LoopMode.Step },
        };

        await ChatAsync(lab, request);

        Assert.Equal("""_ai:{"name": "f", "arguments": {}}_user:7_""", Prompt(lab));

        lab.Tokenizer.CarriesTools = true;
        await ChatAsync(lab, request);
        Assert.Equal("_ai:(f)_tool:7_", Prompt(lab));
    }

    [Fact]
    public async Task A_choice_that_contradicts_itself_is_named()
    {
        await using var lab = await FakeLab.StartAsync();

        Assert.Equal("tool_choice.mode", await FieldAsync(lab, Request((ToolMode)9)));
        Assert.Equal("tool_choice.mode", await FieldAsync(lab, Request(ToolMode.Required, tools: [])));
        Assert.Equal("tool_choice.name", await FieldAsync(lab, Request(ToolMode.Required, "h")));
        Assert.Equal("tool_choice.name", await FieldAsync(lab, Request(ToolMode.Auto, "f")));
        Assert.Equal("tools[0].name", await FieldAsync(lab, Request(ToolMode.None, tools: [new Tool { Name = "a b" }])));
        Assert.Equal("tools[1].name", await FieldAsync(lab, Request(ToolMode.None, tools: [Tools[0], Tools[0]])));
        Assert.Equal("tools[0].parameters_json_schema", await FieldAsync(lab, Request(ToolMode.None, tools: [new Tool { Name = "a", ParametersJsonSchema = "[" }])));
        Assert.Equal("tools[0].parameters_json_schema", await FieldAsync(lab, Request(ToolMode.None, tools: [new Tool { Name = "a", ParametersJsonSchema = """{"\ud800": 1}""" }])));
        var constrained = Request(ToolMode.Required);
        constrained.Settings.Constraint = new Constraint { Regex = "a" };
        Assert.Equal("settings.constraint", await FieldAsync(lab, constrained));
        var badCall = new ChatRequest { Messages = { new ChatMessage { Role = "assistant", ToolCalls = { new ToolCall { Name = "f", ArgumentsJson = "1" } } } } };
        Assert.Equal("messages[0].tool_calls[0].arguments_json", await FieldAsync(lab, badCall));
    }

    private static int[] Call => Calls("{\"name\":\"g\"}");

    private static int[] Calls(string json) =>
        [.. FakeVocabulary.Bytes("hm "), FakeVocabulary.Id("<tool_call>"), .. FakeVocabulary.Bytes(json), FakeVocabulary.Id("</tool_call>")];

    private static Model Says(int[] tokens) => FakeDecoder.Script([.. tokens, FakeVocabulary.EndOfSequence]);

    private static ChatRequest Request(ToolMode mode, string name = "", Tool[]? tools = null) => new()
    {
        Messages = { new ChatMessage { Role = "user", Content = "a" } },
        Tools = { tools ?? Tools },
        ToolChoice = new ToolChoice { Mode = mode, Name = name },
        Settings = new GenerateRequest { Sampling = new SamplingProgram { Temperature = 0 } },
    };

    private static string Prompt(FakeLab lab) =>
        string.Concat(lab.Decoder.Opened.Last().Prompt.Ids.Select(static id => id == FakeVocabulary.EndOfSequence ? "_" : FakeVocabulary.Pieces[id].ToStringUtf8()));

    private static Task<IReadOnlyList<ChatResponse>> ChatAsync(FakeLab lab, ChatRequest request) => lab.Client.Chat(request).AllAsync();

    private static async Task<string> FieldAsync(FakeLab lab, ChatRequest request) =>
        (await Assert.ThrowsAsync<RpcException>(() => ChatAsync(lab, request))).Field();
}
