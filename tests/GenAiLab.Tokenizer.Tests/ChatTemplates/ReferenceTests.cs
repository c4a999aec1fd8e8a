using System.Text.Json;
using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>Every construct means what jinja2 says that it means.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public async Task Every_construct_renders_as_with_jinja2()
    {
        var templates = Snippets.All.Index().ToDictionary(static one => $"snippet {one.Index}", static one => one.Item);
        RenderCase[] cases = [.. templates.Keys.Select(Case)];
        var expected = await ForeignJinja.PythonAsync(templates, cases);
        var differences = cases.Zip(expected).Select(pair => Difference(templates[pair.First.Template], pair.First, pair.Second)).OfType<string>().ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} of {cases.Length} differ\n{string.Join('\n', differences)}");
    }

    private static string? Difference(string source, RenderCase one, (string? Text, string? Error) expected)
    {
        string? text = null, error = null;
        try
        {
            text = one.Render(RenderCase.Parse(source)).Text;
        }
        catch (Exception refusal) when (refusal is TemplateSyntaxException or TemplateRenderException)
        {
            error = refusal.Message;
        }

        return text == expected.Text ? null : $"{source}\n  jinja2: {expected.Text ?? expected.Error}\n  ours:   {text ?? error}";
    }

    private static RenderCase Case(string template) => new(
        template,
        [
            new ChatTurn("user", "Hi <b> İstanbul ΟΔΟΣ 🙂"),
            new ChatTurn("assistant", null)
            {
                ToolCalls = [new ChatToolCall("c1", "weather", JsonElement.Parse("""{"city": "Pa\"ris", "n": 2, "f": 0.50, "e": 1e2, "big": 123456789012345678901234567890, "list": [1, null, true]}"""))],
            },
            new ChatTurn("tool", "{\"sun\": true}") { ToolCallId = "c1" },
        ],
        [
            new ChatTool("weather", "What the <weather> is.", JsonElement.Parse(
                """{"type": "object", "properties": {"city": {"type": "string", "description": "é"}, "Days": {"type": "array", "items": {"type": "integer"}}}, "required": ["city"]}""")),
        ],
        AddGenerationPrompt: true);
}
