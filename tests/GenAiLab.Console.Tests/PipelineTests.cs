using System.Globalization;
using System.Text.RegularExpressions;
using GenAiLab.EndToEnd;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

public sealed class PipelineTests(ConsoleFixture fixture, ITestOutputHelper output) : ConsoleTest(fixture)
{
    // "Good" by web.dev's scale ends at 0.1.
    private const double MostShift = 0.02;

    [Fact]
    public async Task A_prompt_becomes_tokens_and_a_candidate_that_was_not_chosen_can_be_gone_on_with()
    {
        var page = await OpenAsync("/pipeline");
        await GreedyAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();

        var run = page.GetByRole(AriaRole.Article, new() { Name = "Generation", Exact = true });
        await Expect(run.GetByLabel("Generated text")).ToContainTextAsync("Paris");
        await Expect(run.GetByText("Ended by")).ToBeVisibleAsync();
        await Expect(run.GetByLabel("Prompt as tokens")).ToContainTextAsync("capital");
        await Expect(page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Decoder" }).GetByText("done")).ToBeVisibleAsync();

        var tokens = run.GetByLabel("Generated tokens").GetByRole(AriaRole.Button);
        await tokens.First.ClickAsync();
        await Expect(run.GetByRole(AriaRole.Row).Filter(new() { HasText = "chosen" })).ToContainTextAsync("%");
        await run.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Go on with") }).First.ClickAsync();

        var fork = page.GetByRole(AriaRole.Article, new() { NameRegex = new Regex("^Fork with .* at token 1$") });
        await Expect(fork.GetByText("Ended by")).ToBeVisibleAsync();
        await Expect(run.GetByLabel("Generated text")).ToContainTextAsync("Paris");
        Assert.NotEqual(await run.GetByLabel("Prompt as tokens").InnerTextAsync(), await fork.GetByLabel("Prompt as tokens").InnerTextAsync());

        await run.GetByText("Where the time went").First.ClickAsync();
        await Expect(run.GetByRole(AriaRole.Row).Filter(new() { HasText = "prefill, token 1" })).ToBeVisibleAsync();
        await KeepAsync(page, "pipeline-used");
    }

    [Fact]
    public async Task Where_traces_are_exported_the_waterfall_says_which_one_is_its_own()
    {
        // Nobody need listen there.
        var exporting = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9" };
        await using var lab = await LabProcess.StartWithConsoleAsync(exporting, TestContext.Current.CancellationToken);
        var page = await OpenAsync($"{lab.ConsoleAddress}/pipeline");
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        var run = page.GetByRole(AriaRole.Article, new() { Name = "Generation", Exact = true });
        await Expect(run.GetByText("Ended by")).ToBeVisibleAsync();
        await run.GetByText("Where the time went").First.ClickAsync();
        await Expect(run.GetByText(new Regex("^Where the time went; trace [0-9a-f]{32}$"))).ToBeVisibleAsync();
        // The lab ends before the browser does.
        await page.CloseAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Each_head_of_each_layer_shows_what_a_token_looked_at(ColorScheme scheme)
    {
        var page = await OpenAsync("/pipeline", scheme, width: 360, height: 740);
        await GreedyAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        var run = page.GetByRole(AriaRole.Article, new() { Name = "Generation", Exact = true });
        await Expect(run.GetByText("Ended by")).ToBeVisibleAsync();
        var tokens = await run.GetByLabel("Prompt as tokens").Locator(".piece").CountAsync() + await run.GetByLabel("Generated tokens").Locator(".piece").CountAsync();

        await run.GetByText("What it looked at").ClickAsync();
        await run.GetByRole(AriaRole.Button, new() { Name = "Read the attention" }).ClickAsync();
        var looks = run.GetByRole(AriaRole.List, new() { NameRegex = new Regex("^Where .* looks$") }).GetByRole(AriaRole.Listitem);
        await Expect(looks).ToHaveCountAsync(tokens);
        var first = await looks.AllInnerTextsAsync();
        Assert.InRange(first.Sum(Percent), 98, 102);

        await run.GetByLabel("Layer").SelectOptionAsync("4 of 4");
        await run.GetByLabel("Head").SelectOptionAsync("2 of 4");
        await Expect(run.GetByText(new Regex("Layer 4, head 2, over all"))).ToBeVisibleAsync();
        Assert.NotEqual(first, await looks.AllInnerTextsAsync());

        await run.GetByRole(AriaRole.Group, new() { Name = "Token that looks" }).GetByRole(AriaRole.Button).Nth(2).ClickAsync();
        await Expect(looks).ToHaveCountAsync(3);
        Assert.InRange((await looks.AllInnerTextsAsync()).Sum(Percent), 99, 101);
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, 360);
        await AssertAccessibleAsync(page);
        await KeepAsync(page, $"pipeline-attention-{scheme.ToString().ToLowerInvariant()}");
    }

    [Fact]
    public async Task A_generation_is_held_and_let_on_token_by_token()
    {
        var page = await OpenAsync("/pipeline");
        await GreedyAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        var tokens = page.GetByLabel("Generated tokens").GetByRole(AriaRole.Button);

        await Expect(page.GetByLabel("Prompt as tokens")).ToBeVisibleAsync();
        await Expect(tokens).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Step" }).ClickAsync();
        await Expect(tokens).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Step" }).ClickAsync();
        await Expect(tokens).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Expect(page.GetByText("Ended by")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Everything_can_be_done_from_the_keyboard()
    {
        var page = await OpenAsync("/pipeline?prompt=The%20capital%20of%20Japan%20is&model=lab-base");
        await Expect(page.GetByLabel("Prompt")).ToHaveValueAsync("The capital of Japan is");
        await page.GetByRole(AriaRole.Slider, new() { Name = "Temperature" }).FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(page.GetByText("0.00").First).ToBeVisibleAsync();
        for (var press = 0; press < 6; press++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Generate" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByLabel("Generated text")).ToContainTextAsync("Tokyo");
    }

    [Fact]
    public async Task Text_is_never_taken_for_markup()
    {
        const string Markup = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script><b>bold</b>";
        var page = await OpenAsync("/pipeline");
        await page.GetByLabel("Prompt").FillAsync(Markup);
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.GetByText("Ended by")).ToBeVisibleAsync();

        Assert.Equal(0, await page.Locator("main img, main script, main b").CountAsync());
        await Expect(page.GetByLabel("Prompt as tokens")).ToContainTextAsync("<");
        Assert.StartsWith("Pipeline", await page.TitleAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_of_100_kB_is_refused_with_the_reason_and_the_page_goes_on()
    {
        var page = await OpenAsync("/pipeline");
        await page.GetByLabel("Prompt").FillAsync(string.Concat(Enumerable.Repeat("The capital of France. ", 4_500)));
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("token");

        await page.GetByLabel("Prompt").FillAsync("The capital of France is");
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.GetByText("Ended by")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_reloads_in_mid_stream_finds_the_page_and_leaves_no_stream_behind()
    {
        var page = await OpenAsync("/pipeline");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.GetByLabel("Prompt as tokens")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Generate" })).ToBeEnabledAsync();

        var operate = await OpenAsync("/operate");
        await Expect(operate.GetByRole(AriaRole.Row).Filter(new() { HasText = "lab-base" })).ToContainTextAsync("0 of");
    }

    [Fact]
    public async Task Nothing_jumps_while_tokens_arrive()
    {
        var page = await OpenAsync("/pipeline");
        // What moves within half a second of a click is no shift by the definition; so nothing is counted before the first token.
        await page.EvaluateAsync("globalThis.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => globalThis.shift += entry.value)).observe({ type: 'layout-shift' })");
        await page.GetByRole(AriaRole.Slider, new() { Name = "Tokens at most" }).FillAsync("60");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Step" }).ClickAsync();
        await Expect(page.GetByLabel("Generated tokens").GetByRole(AriaRole.Button)).ToHaveCountAsync(1);
        await page.EvaluateAsync("globalThis.shift = 0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Expect(page.GetByText("Ended by")).ToBeVisibleAsync();

        var shift = await page.EvaluateAsync<double>("globalThis.shift");
        var paint = await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
        output.WriteLine(FormattableString.Invariant($"first contentful paint {paint:0} ms, layout shift {shift:0.000}"));
        Assert.InRange(shift, 0, MostShift);
    }

    [Fact]
    public async Task Two_windows_do_not_know_of_each_other()
    {
        var (first, second) = (await OpenAsync("/pipeline"), await OpenAsync("/pipeline?prompt=The%20capital%20of%20Japan%20is"));
        await first.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(first.GetByText("Ended by")).ToBeVisibleAsync();
        Assert.Equal(0, await second.GetByRole(AriaRole.Article).CountAsync());
    }

    private static async Task GreedyAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Slider, new() { Name = "Temperature" }).FillAsync("0");
        await Expect(page.GetByText("0.00").First).ToBeVisibleAsync();
    }

    private static double Percent(string item) => double.Parse(Regex.Match(item, @"([\d.]+) %").Groups[1].Value, CultureInfo.InvariantCulture);
}
