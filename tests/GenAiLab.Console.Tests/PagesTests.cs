using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

public sealed class PagesTests(ConsoleFixture fixture, ITestOutputHelper output) : ConsoleTest(fixture)
{
    [Theory]
    [MemberData(nameof(ConsoleFixture.Pages), MemberType = typeof(ConsoleFixture))]
    public Task A_page_keeps_to_the_guidelines_of_accessibility_in_light(string name) => Accessible(name, ColorScheme.Light);

    [Theory]
    [MemberData(nameof(ConsoleFixture.Pages), MemberType = typeof(ConsoleFixture))]
    public Task A_page_keeps_to_the_guidelines_of_accessibility_in_dark(string name) => Accessible(name, ColorScheme.Dark);

    [Theory]
    [MemberData(nameof(ConsoleFixture.Pages), MemberType = typeof(ConsoleFixture))]
    public async Task A_page_fits_a_telephone_and_a_wall(string name)
    {
        var page = await OpenAsync($"/{name}", width: 360, height: 740);
        var paint = await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
        output.WriteLine(FormattableString.Invariant($"{name}: first contentful paint {paint:0} ms"));
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, 360);
        await page.SetViewportSizeAsync(3_840, 2_160);
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, 3_840);
    }

    [Fact]
    public async Task Every_page_has_an_address_and_others_are_said_to_be_none()
    {
        using var http = new HttpClient { BaseAddress = new Uri(Fixture.Lab.ConsoleAddress) };
        foreach (var name in ConsoleFixture.Pages.Select(static row => row.Data))
        {
            using var answer = await http.GetAsync(new Uri($"/{name}", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("style-src 'self';", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy.Replace("style-src-attr 'unsafe-inline';", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        // A page that nobody stays on, as here, is made and thrown away at once.
        Assert.DoesNotContain("unhandled exception", Fixture.Lab.Output, StringComparison.Ordinal);
        using var nothing = await http.GetAsync(new Uri("/nothing", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        Assert.Contains("There is no such page", await nothing.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_other_sites_are_turned_away()
    {
        using var http = new HttpClient { BaseAddress = new Uri(Fixture.Lab.ConsoleAddress) };
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1");
        foreign.Headers.Add("Origin", "http://elsewhere.example");
        using var refused = await http.SendAsync(foreign, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/pipeline");
        rebound.Headers.Host = "elsewhere.example";
        using var unanswered = await http.SendAsync(rebound, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, unanswered.StatusCode);
    }

    [Fact]
    public async Task Every_vocabulary_spells_what_is_typed()
    {
        var page = await OpenAsync("/tokens");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Text" }).FillAsync("Hello world");
        var own = page.GetByRole(AriaRole.Region, new() { Name = "lab-base", Exact = true });
        await Expect(own.Locator(".piece").First).ToHaveAttributeAsync("title", new Regex("^id \\d+, bytes 48.*, at byte 0, \\d+ long$"));
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "cl100k_base" })).ToContainTextAsync("2 tokens");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "cl100k_base" })).ToContainTextAsync("1.00 tokens a word");

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Text" }).FillAsync(string.Concat(Enumerable.Repeat("<b>word</b> ", 9_000)));
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "cl100k_base" })).ToContainTextAsync("too many");
        Assert.Equal(0, await page.Locator("main b").CountAsync());
    }

    [Fact]
    public async Task Three_stages_answer_side_by_side()
    {
        var page = await OpenAsync("/stages");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask all three" }).ClickAsync();
        foreach (var model in new[] { "lab-base", "lab-sft", "lab-chat" })
        {
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = model })).ToContainTextAsync("nats a token");
        }

        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "lab-chat" })).ToContainTextAsync("capital");
        await KeepAsync(page, "stages-used");
    }

    [Fact]
    public async Task Two_answers_are_ranked_by_key_and_by_mouse_and_the_rankings_are_stored()
    {
        var page = await OpenAsync("/rank");
        for (var round = 1; round <= 2; round++)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Two answers" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Group, new() { Name = "Which is better?" })).ToBeFocusedAsync();
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Answer B" })).ToContainTextAsync("The reward model gives it");
            await (round == 1 ? page.Keyboard.PressAsync("2") : page.GetByRole(AriaRole.Button, new() { Name = "Neither" }).ClickAsync());
            await Expect(page.GetByText(round == 1 ? "Stored: B is better." : "Stored: neither is better.")).ToBeVisibleAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "A is better" })).ToBeDisabledAsync();
        }

        await Expect(page.GetByText("2 rankings by 1 people are stored, 1 of them ties.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_drawing_forms_and_is_seen_for_what_it_is()
    {
        var page = await OpenAsync("/opposites");
        var making = page.Locator(".direction").Filter(new() { HasText = "From words to a drawing" });
        await making.GetByRole(AriaRole.Button, new() { Name = "Make the drawing" }).ClickAsync();
        await Expect(making.GetByText("256 tokens in")).ToBeVisibleAsync();
        var made = await making.GetByRole(AriaRole.Img).GetAttributeAsync("src");
        Assert.StartsWith("data:image/png;base64,", made, StringComparison.Ordinal);

        var seeing = page.Locator(".direction").Filter(new() { HasText = "From a picture to its label" });
        await seeing.Locator("input[type=file]").SetInputFilesAsync(File("drawing.png", "image/png", made!));
        await Expect(seeing.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("%");

        await seeing.Locator("canvas").ClickAsync(new() { Position = new() { X = 90, Y = 90 } });
        await seeing.GetByRole(AriaRole.Button, new() { Name = "What is it?" }).ClickAsync();
        await Expect(seeing.GetByText("takes it for")).ToBeVisibleAsync();
        await seeing.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "no.png", MimeType = "image/png", Buffer = [1, 2, 3] });
        await Expect(seeing.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await KeepAsync(page, "opposites-used");
    }

    [Fact]
    public async Task A_phrase_is_spoken_and_written_down_again()
    {
        var page = await OpenAsync("/opposites");
        var making = page.Locator(".direction").Filter(new() { HasText = "From words to a phrase" });
        await making.GetByRole(AriaRole.Button, new() { Name = "Make the phrase" }).ClickAsync();
        var spoken = await making.Locator("audio").GetAttributeAsync("src");
        Assert.StartsWith("data:audio/wav;base64,", spoken, StringComparison.Ordinal);

        var hearing = page.Locator(".direction").Filter(new() { HasText = "From a sound to its label" });
        await hearing.Locator("input[type=file]").SetInputFilesAsync(File("phrase.wav", "audio/wav", spoken!));
        await Expect(hearing.GetByText("Heard:")).ToContainTextAsync(new Regex("[a-z]{3}"));
    }

    [Fact]
    public async Task A_film_forms_and_what_it_shows_is_named()
    {
        var page = await OpenAsync("/opposites");
        var making = page.Locator(".direction").Filter(new() { HasText = "From words to a film" });
        await making.GetByRole(AriaRole.Button, new() { Name = "Make the film" }).ClickAsync();
        await Expect(making.GetByText(new Regex("[0-9]+ tokens in"))).ToBeVisibleAsync();
        var made = await making.GetByRole(AriaRole.Img).GetAttributeAsync("src");
        Assert.Contains("acTL", System.Text.Encoding.Latin1.GetString(Convert.FromBase64String(made!.Split(',')[1])), StringComparison.Ordinal);

        var seeing = page.Locator(".direction").Filter(new() { HasText = "From a film to its label" });
        await seeing.Locator("input[type=file]").SetInputFilesAsync(File("film.png", "image/png", made));
        await Expect(seeing.GetByText("takes it for")).ToBeVisibleAsync();
        await Expect(seeing.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("%");
    }

    [Fact]
    public async Task A_model_is_drained_and_takes_streams_again()
    {
        var page = await OpenAsync("/operate");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "lab-draft" });
        await Expect(row).ToContainTextAsync("ready");
        await row.GetByRole(AriaRole.Button, new() { Name = "Drain lab-draft" }).ClickAsync();
        await Expect(page.GetByText("lab-draft takes no new streams, and none runs.")).ToBeVisibleAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Load lab-draft" }).ClickAsync();
        await Expect(row).ToContainTextAsync("ready");
    }

    [Fact]
    public async Task A_service_that_is_gone_is_named_and_the_page_recovers_by_itself()
    {
        var page = await OpenAsync("/operate");
        var classifier = Process.GetProcesses().Where(static process => process.ProcessName == "dotnet").Single(process =>
            System.IO.File.ReadAllText($"/proc/{process.Id}/cmdline").Contains("GenAiLab.Classifier.dll", StringComparison.Ordinal) && Parent(process.Id) == Fixture.Lab.Id);
        var said = page.GetByText("The classifier does not answer.");
        try
        {
            Signal("STOP", classifier.Id);
            await Expect(said).ToBeVisibleAsync();
            Signal("CONT", classifier.Id);
            await Expect(said).ToBeHiddenAsync();
        }
        finally
        {
            Signal("CONT", classifier.Id);
        }
    }

    private static int Parent(int process) =>
        int.Parse(System.IO.File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ')[1], CultureInfo.InvariantCulture);

    private static void Signal(string name, int process)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static FilePayload File(string name, string type, string data) => new() { Name = name, MimeType = type, Buffer = Convert.FromBase64String(data.Split(',')[1]) };

    private async Task Accessible(string name, ColorScheme scheme)
    {
        var page = await OpenAsync($"/{name}", scheme);
        if (name == "pipeline")
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
            await Expect(page.GetByText("Ended by")).ToBeVisibleAsync();
        }

        if (name == "tokens")
        {
            await Expect(page.GetByRole(AriaRole.Region, new() { Name = "o200k_base" })).ToContainTextAsync("tokens a word");
        }

        await KeepAsync(page, $"{name}-{scheme.ToString().ToLowerInvariant()}");
        await AssertAccessibleAsync(page);
    }
}
