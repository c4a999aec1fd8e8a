using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GenAiLab.EndToEnd;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

/// <summary>Networks that are slow or go away, models that write markup, and pages that are left open for long.</summary>
public sealed class FaultTests(ConsoleFixture fixture, ITestOutputHelper output) : ConsoleTest(fixture)
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task Over_a_slow_network_tokens_arrive_once_and_the_page_stays_usable()
    {
        await using var relay = new Relay(Fixture.Lab.ConsoleAddress);
        relay.Open();
        var page = await OpenAsync($"{relay.Address}/pipeline");
        relay.Delay = Latency;
        var pressed = Stopwatch.StartNew();
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Play" })).ToBeVisibleAsync();
        // It is slow indeed.
        Assert.InRange(pressed.Elapsed, 2 * Latency, TimeSpan.FromSeconds(20));

        // The second click comes before the page can have heard of the first.
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).DblClickAsync();
        var run = page.GetByRole(AriaRole.Article);
        await Expect(run.GetByLabel("Prompt as tokens")).ToContainTextAsync("capital");
        await Expect(run).ToHaveCountAsync(1);
        var tokens = run.GetByLabel("Generated tokens").GetByRole(AriaRole.Button);
        await page.GetByRole(AriaRole.Button, new() { Name = "Step" }).ClickAsync();
        await Expect(tokens).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Expect(run.GetByText("Ended by")).ToBeVisibleAsync();
        var text = await run.GetByLabel("Generated text").InnerTextAsync();
        await AssertAllAsync(run);

        var fast = await OpenAsync("/pipeline");
        await fast.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(fast.GetByText("Ended by")).ToBeVisibleAsync();
        await Expect(fast.GetByLabel("Generated text")).ToHaveTextAsync(text);
        await fast.GotoAsync("/operate");
        await Expect(fast.GetByRole(AriaRole.Row).Filter(new() { HasText = "lab-base" })).ToContainTextAsync("0 of");
        // The relay ends before the browser does.
        await page.CloseAsync();
    }

    [Fact]
    public async Task Two_clicks_over_a_slow_network_ask_once()
    {
        await using var relay = new Relay(Fixture.Lab.ConsoleAddress);
        relay.Open();
        var (page, fast) = (await OpenAsync($"{relay.Address}/stages"), await OpenAsync("/stages"));
        await fast.GetByRole(AriaRole.Button, new() { Name = "Ask all three" }).ClickAsync();
        relay.Delay = Latency;
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask all three" }).DblClickAsync();
        foreach (var model in new[] { "lab-base", "lab-sft", "lab-chat" })
        {
            await Expect(fast.GetByRole(AriaRole.Region, new() { Name = model })).ToContainTextAsync("nats a token");
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = model })).ToContainTextAsync("nats a token");
            // Two streams in one answer would say everything twice.
            var text = await fast.GetByRole(AriaRole.Region, new() { Name = model }).Locator(".answer").InnerTextAsync();
            Assert.Equal(text, await page.GetByRole(AriaRole.Region, new() { Name = model }).Locator(".answer").InnerTextAsync());
        }

        await page.CloseAsync();
    }

    [Fact]
    public async Task A_page_whose_connection_was_cut_comes_back_as_it_was()
    {
        await using var relay = new Relay(Fixture.Lab.ConsoleAddress);
        relay.Open();
        MayDisconnect = true;
        var page = await OpenAsync($"{relay.Address}/pipeline");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        var tokens = page.GetByLabel("Generated tokens").GetByRole(AriaRole.Button);
        await page.GetByRole(AriaRole.Button, new() { Name = "Step" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Step" }).ClickAsync();
        await Expect(tokens).ToHaveCountAsync(2);
        var before = await tokens.AllInnerTextsAsync();

        await relay.CloseAsync();
        var notice = page.GetByText("The console does not answer.");
        await Expect(notice).ToBeVisibleAsync();
        await KeepAsync(page, "pipeline-cut");
        relay.Open();
        await Expect(notice).ToBeHiddenAsync();
        await Expect(tokens).ToHaveTextAsync(before);
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await AssertAllAsync(page.GetByRole(AriaRole.Article));
        Assert.Equal(before, (await tokens.AllInnerTextsAsync()).Take(2));
        await page.CloseAsync();
    }

    [Fact]
    public async Task A_page_that_is_used_for_long_does_not_grow()
    {
        const int warmUp = 10, rounds = 40;
        var console = Process.GetProcesses().Where(static process => process.ProcessName == "dotnet").Single(process =>
            File.ReadAllText($"/proc/{process.Id}/cmdline").Contains("GenAiLab.Console.dll", StringComparison.Ordinal) && Parent(process.Id) == Fixture.Lab.Id);
        var page = await OpenAsync("/pipeline");
        var (elements, memory) = (0, 0L);
        for (var round = 0; round < rounds; round++)
        {
            await page.GetByRole(AriaRole.Spinbutton, new() { Name = "Seed" }).FillAsync($"{round}");
            await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
            await Expect(page.GetByText(new Regex($"seed {round},"))).ToBeVisibleAsync();
            await Expect(page.GetByText("Ended by")).ToBeVisibleAsync();
            if (round == warmUp)
            {
                (elements, memory) = (await ElementsAsync(page), Memory(console));
            }
        }

        var (elementsAfter, memoryAfter) = (await ElementsAsync(page), Memory(console));
        output.WriteLine($"elements {elements}, then {elementsAfter}; the console's memory {memory >> 20} MiB, then {memoryAfter >> 20} MiB");
        // A run takes the place of the one before it; texts differ in length.
        Assert.InRange(elementsAfter, 1, elements * 3 / 2);
        Assert.InRange(memoryAfter, 0, memory + (64 << 20));
        await page.GotoAsync("/operate");
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "lab-base" })).ToContainTextAsync("0 of");
    }

    [Fact]
    public async Task What_a_model_writes_is_never_taken_for_markup()
    {
        const string Piece = "<img src=x onerror=document.title='hit'><script>document.title='hit'</script>";
        var models = Directory.CreateTempSubdirectory("genailab-markup-");
        try
        {
            Copy(Path.Combine(Lab.Repository, "models"), models.FullName);
            Rename(Path.Combine(models.FullName, "lab-base", "tokenizer.json"), "ĠParis", Piece.Replace(' ', 'Ġ'));
            await using var lab = await LabProcess.StartWithConsoleAsync(cancellation: TestContext.Current.CancellationToken, options: ["--models", models.FullName]);
            var page = await OpenAsync($"{lab.ConsoleAddress}/pipeline");
            await page.GetByRole(AriaRole.Slider, new() { Name = "Temperature" }).FillAsync("0");
            await Expect(page.GetByText("0.00").First).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
            await Expect(page.GetByText("Ended by")).ToBeVisibleAsync();

            await Expect(page.GetByLabel("Generated text")).ToContainTextAsync(Piece);
            var written = page.GetByLabel("Generated tokens").GetByRole(AriaRole.Button).First;
            await Expect(written).ToHaveTextAsync(Piece.Replace(' ', '·'));
            await written.ClickAsync();
            await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "chosen" })).ToContainTextAsync("<script>");
            await page.GetByText("What it looked at").ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Read the attention" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Group, new() { Name = "Token that looks" })).ToContainTextAsync("<script>");
            Assert.Equal(0, await page.Locator("main img, main script").CountAsync());
            Assert.StartsWith("Pipeline", await page.TitleAsync(), StringComparison.Ordinal);
            await KeepAsync(page, "pipeline-markup");
            // The lab ends before the browser does.
            await page.CloseAsync();
        }
        finally
        {
            models.Delete(recursive: true);
        }
    }

    // As many tokens as the end says that there were.
    private static async Task AssertAllAsync(ILocator run)
    {
        var said = await run.GetByText("Ended by").InnerTextAsync();
        await Expect(run.GetByLabel("Generated tokens").GetByRole(AriaRole.Button))
            .ToHaveCountAsync(int.Parse(Regex.Match(said, @"after (\d+) tokens").Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private static Task<int> ElementsAsync(IPage page) => page.EvaluateAsync<int>("document.querySelectorAll('*').length");

    private static long Memory(Process process)
    {
        process.Refresh();
        return process.WorkingSet64;
    }

    private static int Parent(int process) =>
        int.Parse(File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ')[1], CultureInfo.InvariantCulture);

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            var target = Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName;
            foreach (var file in Directory.EnumerateFiles(folder))
            {
                File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
            }
        }
    }

    // The same id is spelled otherwise, and no pair merges to it any more.
    private static void Rename(string path, string piece, string spelled)
    {
        var tokenizer = JsonNode.Parse(File.ReadAllText(path))!;
        var vocabulary = tokenizer["model"]!["vocab"]!.AsObject();
        var id = vocabulary[piece]!.GetValue<int>();
        vocabulary.Remove(piece);
        vocabulary.Add(spelled, id);
        var merges = tokenizer["model"]!["merges"]!.AsArray();
        merges.RemoveAll(merge => string.Concat(merge!.AsArray().Select(static part => part!.GetValue<string>())) == piece);
        File.WriteAllText(path, tokenizer.ToJsonString());
    }
}
