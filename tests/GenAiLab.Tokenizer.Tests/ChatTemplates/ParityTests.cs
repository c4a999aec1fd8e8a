using GenAiLab.Tokenizer.ChatTemplates;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;
using GenAiLab.Tokenizer.ChatTemplates.Syntax;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>Whole templates over conversations of all kinds: the same texts as others', and the same refusals.</summary>
public sealed class ParityTests
{
    private const int ConversationsEach = 40;

    // Of the templates written here: how many conversations they take at least.
    private const double Taken = 0.6;

    // A case, what became of it here, and there.
    private sealed record Comparison(RenderCase Case, (string? Text, string? Error) Ours, (string? Text, string? Error) Theirs)
    {
        public bool IsEqual => Ours.Text == Theirs.Text;

        public override string ToString() => $"{Case}\n  theirs: {Theirs.Text ?? Theirs.Error}\n  ours:   {Ours.Text ?? Ours.Error}";
    }

    [Fact]
    public async Task Conversations_render_as_with_jinja2()
    {
        var compared = await CompareAsync(ForeignJinja.PythonAsync);
        AssertNone(compared.Where(static one => !one.IsEqual), compared.Count);
        var own = compared.Where(static one => TemplateCollection.Own.ContainsKey(one.Case.Template)).ToList();
        Assert.True(own.Count(static one => one.Ours.Text is not null) > Taken * own.Count, "Too few conversations are taken to say much.");
    }

    [Fact]
    public async Task Conversations_render_as_with_huggingface_jinja_but_for_its_known_differences()
    {
        var compared = await CompareAsync(ForeignJinja.NodeAsync);
        AssertNone(
            compared.Where(static one => !one.IsEqual && HuggingFaceDifferences.Rule(one.Case, one.Ours.Text, one.Theirs.Text, one.Theirs.Error) is null),
            compared.Count);
    }

    private static async Task<IReadOnlyList<Comparison>> CompareAsync(
        Func<IReadOnlyDictionary<string, string>, IReadOnlyList<RenderCase>, Task<IReadOnlyList<(string? Text, string? Error)>>> render)
    {
        var conversations = new Conversations(seed: 20240705);
        RenderCase[] cases = [.. TemplateCollection.All.Keys.SelectMany(template => Enumerable.Range(0, ConversationsEach).Select(_ => conversations.Next(template)))];
        var theirs = await render(TemplateCollection.All, cases);
        return [.. cases.Zip(Ours(cases), theirs).Select(static one => new Comparison(one.First, one.Second, one.Third))];
    }

    private static List<(string? Text, string? Error)> Ours(IEnumerable<RenderCase> cases)
    {
        var parsed = new Dictionary<string, ChatTemplate>();
        return [.. cases.Select(one =>
        {
            try
            {
                if (!parsed.TryGetValue(one.Template, out var template))
                {
                    parsed[one.Template] = template = RenderCase.Parse(TemplateCollection.All[one.Template]);
                }

                return ((string?)one.Render(template).Text, (string?)null);
            }
            catch (Exception error) when (error is TemplateRenderException or TemplateSyntaxException)
            {
                return (null, error.Message);
            }
        })];
    }

    private static void AssertNone(IEnumerable<Comparison> differences, int of)
    {
        var all = differences.ToList();
        Assert.True(all.Count == 0, $"{all.Count} of {of} differ\n{string.Join('\n', all.Take(20))}");
    }
}
