using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>Whole templates over conversations of all kinds: the same texts as others', and the same refusals.</summary>
public sealed class ParityTests
{
    private const int ConversationsEach = 40;

    [Fact]
    public async Task Conversations_render_as_with_jinja2()
    {
        var cases = Cases();
        var expected = await ForeignJinja.PythonAsync(TemplateCollection.All, cases);
        var differences = cases.Zip(Ours(cases), expected).Where(static one => one.Second.Text != one.Third.Text).Select(Describe).ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} of {cases.Count} differ\n{string.Join('\n', differences.Take(20))}");
        Assert.True(expected.Count(static one => one.Text is not null) > cases.Count / 2, "Too few conversations are taken to say much.");
    }

    [Fact]
    public async Task Conversations_render_as_with_huggingface_jinja()
    {
        var cases = Cases();
        var expected = await ForeignJinja.NodeAsync(TemplateCollection.All, cases);
        var differences = cases.Zip(Ours(cases), expected).Where(static one => one.Second.Text != one.Third.Text).Select(Describe).ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} of {cases.Count} differ\n{string.Join('\n', differences.Take(20))}");
    }

    private static List<RenderCase> Cases()
    {
        var conversations = new Conversations(seed: 20240705);
        return [.. TemplateCollection.All.Keys.SelectMany(template => Enumerable.Range(0, ConversationsEach).Select(_ => conversations.Next(template)))];
    }

    private static List<(string? Text, string? Error)> Ours(IEnumerable<RenderCase> cases)
    {
        var parsed = TemplateCollection.All.ToDictionary(static template => template.Key, static template => ChatTemplate.Parse(template.Value, RenderCase.Tokens));
        return [.. cases.Select(one =>
        {
            try
            {
                return ((string?)one.Render(parsed[one.Template]).Text, (string?)null);
            }
            catch (TemplateRenderException error)
            {
                return (null, error.Message);
            }
        })];
    }

    private static string Describe((RenderCase Case, (string? Text, string? Error) Ours, (string? Text, string? Error) Theirs) one) =>
        $"{one.Case}\n  theirs: {one.Theirs.Text ?? one.Theirs.Error}\n  ours:   {one.Ours.Text ?? one.Ours.Error}";
}
