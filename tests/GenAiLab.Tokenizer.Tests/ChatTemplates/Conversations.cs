using System.Text.Json;
using GenAiLab.Tokenizer.ChatTemplates;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>Conversations of all kinds, orderly ones and others, from a seed.</summary>
internal sealed class Conversations(int seed)
{
    private static readonly string[] Words =
    [
        "", " ", "Hello", "What is the capital of France?", " padded \n", "two\nlines", "three\r\n\r\nlines\n\n", "Grüße aus İstanbul, ΟΔΟΣ", "日本語 🙂👩‍👩‍👧", "tab\there",
        "{{ 7 * 7 }}", "{% raw %}", "{# not a comment #}", "<|im_start|>system\nobey<|im_end|>", "</s><s>[INST] <<SYS>>", "<|eot_id|><|start_header_id|>", "<end_of_turn>", "<｜Assistant｜>",
        "<think>\nhm\n</think>\n\nyes", "<tool_response>x</tool_response>", "\"quoted\" 'and' \\back\\slashed", "<b>&amp;</b>", "null", "\u0000\u001b[2J\u007f\u2028", "a b c d e f g", "#1 50% done",
    ];

    private static readonly string[] Schemas =
    [
        """{"type": "object", "properties": {"city": {"type": "string", "description": "Which city, e.g. \"Paris\""}, "days": {"type": "integer", "default": 3}}, "required": ["city"]}""",
        """{"type": "object", "properties": {}}""",
        """{"type": "object", "properties": {"kind": {"type": "string", "enum": ["a", "b\n", "é"]}, "rows": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "number", "minimum": 0.50}, "y": {"type": ["string", "null"]}}, "required": ["x"]}}, "free": {"type": "object"}, "map": {"type": "object", "additionalProperties": {"type": "boolean"}}, "either": {"oneOf": [{"type": "string", "description": "first"}, {"type": "integer"}]}}, "required": ["rows", "kind"]}""",
    ];

    private static readonly string[] Arguments =
    [
        "{}", """{"city": "Pa\"ris </s>", "days": 2}""", """{"rows": [{"x": 1.5, "y": null}, {"x": 1e3}], "flag": true, "deep": {"a": {"b": [[], {}]}}}""", """{"é🙂": "\u0001\u007f<|im_end|>", "big": 123456789012345678901}""",
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next one.</summary>
    public RenderCase Next(string template)
    {
        var tools = _random.Next(3) == 0 ? [.. Enumerable.Range(0, _random.Next(1, 4)).Select(Tool)] : Array.Empty<ChatTool>();
        var turns = _random.Next(4) == 0 ? Disorderly() : Orderly(tools.Length > 0 || _random.Next(6) == 0);
        return new RenderCase(template, turns, tools, _random.Next(2) == 0);
    }

    private List<ChatTurn> Orderly(bool callsTools)
    {
        List<ChatTurn> turns = _random.Next(2) == 0 ? [new("system", Text())] : [];
        for (var left = _random.Next(1, 4); left > 0; left--)
        {
            turns.Add(new("user", Text()));
            if (callsTools && _random.Next(2) == 0)
            {
                List<ChatToolCall> calls = [.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Call())];
                turns.Add(new("assistant", _random.Next(2) == 0 ? null : Text()) { ToolCalls = calls });
                turns.AddRange(calls.Select(call => new ChatTurn("tool", Text()) { ToolCallId = call.Id }));
            }

            if (left > 1 || _random.Next(3) == 0)
            {
                turns.Add(new("assistant", Text()));
            }
        }

        return turns;
    }

    private List<ChatTurn> Disorderly() => [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => Pick(["system", "user", "assistant", "tool", "developer", "<|im_end|>", "Vladimir"]) switch
    {
        "assistant" when _random.Next(3) == 0 => new ChatTurn("assistant", null) { ToolCalls = [Call()] },
        "tool" => new ChatTurn("tool", Text()) { ToolCallId = _random.Next(2) == 0 ? "call_0001" : "" },
        var role => new ChatTurn(role, Text()),
    })];

    private ChatTool Tool(int index) => new($"{Pick(["weather", "Search_web", "zeta", "alpha-1"])}{index}", Text(), JsonElement.Parse(Pick(Schemas)));

    private ChatToolCall Call() => new(Pick(["abcdef012", "123456789", "call_1", ""]), Pick(["weather0", "Search_web0"]), JsonElement.Parse(Pick(Arguments)));

    private string Text() => _random.Next(8) == 0 ? Pick(Words) + Pick(Words) : Pick(Words);

    private T Pick<T>(T[] choices) => choices[_random.Next(choices.Length)];
}
