using System.Diagnostics;
using System.Text.RegularExpressions;
using GenAiLab.Experiments;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

public sealed class PropertiesTests(ConsoleFixture fixture) : ConsoleTest(fixture)
{
    // A quick experiment, on a machine that does other things too.
    private const float Patience = 240_000;

    [Fact]
    public async Task Every_experiment_is_listed_with_its_claim_and_what_it_has_to_reach()
    {
        var page = await OpenAsync("/properties");
        foreach (var experiment in ExperimentCatalog.All)
        {
            var listed = page.GetByRole(AriaRole.Region, new() { Name = experiment.Name, Exact = true });
            await Expect(listed.GetByText(experiment.LessonSays)).ToBeVisibleAsync();
            await Expect(listed.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(experiment.Criteria);
        }
    }

    [Fact]
    public async Task An_experiment_is_run_with_the_mouse_and_its_draws_are_seen_on_the_reported_distribution()
    {
        var page = await OpenAsync("/properties");
        await page.GetByRole(AriaRole.Link, new() { Name = "probabilistic", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "probabilistic", Level = 1 })).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^PASS after .* s \\(quick, seed 1\\)\\.$"))).ToBeVisibleAsync(new() { Timeout = Patience });

        var rows = page.GetByRole(AriaRole.Table).First.GetByRole(AriaRole.Row);
        await Expect(rows.Filter(new() { HasText = "PASS" })).ToHaveCountAsync(10);
        await Expect(rows.Filter(new() { HasText = "χ² p-value of draws at temperature 0.7" })).ToContainTextAsync("at least 0.001");
        var plots = page.GetByRole(AriaRole.Figure);
        await Expect(plots).ToHaveCountAsync(6);
        // What was drawn lies on what was reported: the first token's share within a few hundredths.
        var first = await plots.First.GetByRole(AriaRole.Row).Nth(1).GetByRole(AriaRole.Cell).AllInnerTextsAsync();
        Assert.InRange(Number(first[1]), Number(first[0]) - 0.05, Number(first[0]) + 0.05);
        await Expect(plots.First.GetByRole(AriaRole.Row).Last).ToContainTextAsync("all others");
        await AssertAccessibleAsync(page);
        await KeepAsync(page, "properties-probabilistic");
        foreach (var width in new[] { 1_280, 3_840, 360 })
        {
            await page.SetViewportSizeAsync(width, 900);
            Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, width);
        }

        await KeepAsync(page, "properties-probabilistic-narrow");

        await page.GotoAsync("/properties");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "probabilistic" })).ToContainTextAsync("PASS (quick, seed 1)");
    }

    [Fact]
    public async Task An_experiment_is_run_from_the_keyboard_on_a_telephone_in_the_dark()
    {
        var page = await OpenAsync("/properties/calibration", ColorScheme.Dark, width: 360, height: 740);
        await page.GetByLabel("Seed").FocusAsync();
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText(new Regex("^PASS after"))).ToBeVisibleAsync(new() { Timeout = Patience });

        var plot = page.GetByRole(AriaRole.Figure).First;
        await Expect(plot.Locator("[role=img]")).ToHaveAccessibleDescriptionAsync(new Regex("lab-base: \\d+ points, from .* at .* to .* at "));
        await plot.Locator("summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(plot.GetByRole(AriaRole.Row).Last).ToHaveTextAsync(new Regex("^1\\s*1$"));
        await Expect(plot.GetByRole(AriaRole.Row).Filter(new() { HasTextRegex = new Regex("\\[.*\\], N \\d+") })).Not.ToHaveCountAsync(0);
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, 360);
        await AssertAccessibleAsync(page);
        await KeepAsync(page, "properties-calibration");
    }

    [Fact]
    public async Task What_does_not_come_out_as_the_lesson_says_is_shown_as_failed()
    {
        var page = await OpenAsync("/properties/tokens");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^FAIL after"))).ToBeVisibleAsync(new() { Timeout = Patience });
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "FAIL" })).ToHaveTextAsync([new Regex("prose under cl100k_base.*within \\[675, 825\\]", RegexOptions.Singleline)]);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run" })).ToBeEnabledAsync();
        await KeepAsync(page, "properties-tokens");
    }

    [Fact]
    public async Task A_run_outlives_its_page_is_seen_by_others_who_wait_and_ends_when_cancelled()
    {
        var page = await OpenAsync("/properties/stages");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log).GetByText("asking lab-base")).ToBeVisibleAsync();

        await page.ReloadAsync();
        await Expect(page.GetByText("Runs (quick, seed 1).")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Log).GetByText("asking lab-base")).ToBeVisibleAsync();

        var other = await OpenAsync("/properties/window");
        await Expect(other.GetByText(new Regex("^stages \\(quick, seed 1\\) runs since"))).ToBeVisibleAsync();
        await Expect(other.GetByRole(AriaRole.Button, new() { Name = "Run" })).ToBeDisabledAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByText("Cancelled.", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(other.GetByRole(AriaRole.Button, new() { Name = "Run" })).ToBeEnabledAsync();
        var operate = await OpenAsync("/operate");
        await Expect(operate.GetByRole(AriaRole.Row).Filter(new() { HasText = "lab-base" })).ToContainTextAsync("0 of");
    }

    [Fact]
    public async Task A_service_that_is_down_fails_a_run_with_the_reason_and_the_next_one_passes()
    {
        await using var relay = new Relay(Fixture.Lab.Grpc("decoder"));
        await using var console = await StartedConsole.StartAsync(
            "http://127.0.0.1:0", [.. StartedConsole.At(Fixture.Lab), new("services:decoder:grpc:0", relay.Address)]);
        var page = await OpenAsync($"{console.Address}/properties/calibration");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^FAIL. It could not be run: a service answered Unavailable"))).ToBeVisibleAsync();

        relay.Open();
        await Expect(page.GetByText("The decoder does not answer.")).ToBeHiddenAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^PASS after"))).ToBeVisibleAsync(new() { Timeout = Patience });
        // The console ends before the browser does.
        await page.CloseAsync();
    }

    [Fact]
    public async Task An_experiment_that_starts_labs_of_its_own_is_run_by_the_program_that_started_the_console()
    {
        var page = await OpenAsync("/properties/loop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log).GetByText("loop ...")).ToBeVisibleAsync(new() { Timeout = Patience });
        await Expect(page.GetByText(new Regex("^PASS after .* s \\(quick, seed 1\\)\\.$"))).ToBeVisibleAsync(new() { Timeout = Patience });
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "PASS" })).Not.ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log).GetByText("loop ...")).ToBeVisibleAsync(new() { Timeout = Patience });
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByText("Cancelled.", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run" })).ToBeEnabledAsync();
        // Nothing of it is left, its labs included.
        Assert.DoesNotContain(Process.GetProcessesByName("dotnet"), static process => CommandLine(process).Contains("experiment\0run\0loop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_console_that_was_started_alone_says_the_command_instead()
    {
        await using var console = await StartedConsole.StartAsync("http://127.0.0.1:0", StartedConsole.At(Fixture.Lab));
        var page = await OpenAsync($"{console.Address}/properties/stateless");
        await Expect(page.GetByText("lab experiment run stateless --quick")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run" })).ToHaveCountAsync(0);
        await page.GotoAsync($"{console.Address}/properties/nonsense");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("There is no experiment 'nonsense'");
        // The console ends before the browser does.
        await page.CloseAsync();
    }

    [Theory]
    [InlineData("frozen", "Before and after the cutoff of 2024: who won, by the year of the contest, lab-sft")]
    [InlineData("snapshot", "Bits that a byte of held-out text costs")]
    public async Task What_is_known_up_to_the_cutoff_and_what_text_costs_are_drawn(string name, string title)
    {
        var page = await OpenAsync($"/properties/{name}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^PASS after"))).ToBeVisibleAsync(new() { Timeout = Patience });
        var plot = page.GetByRole(AriaRole.Figure).Filter(new() { Has = page.GetByText(title, new() { Exact = true }).First });
        await Expect(plot).ToBeVisibleAsync();
        if (name == "frozen")
        {
            await plot.Locator("summary").ClickAsync();
            Assert.InRange(await YearAsync("2020"), 0.9, 1);
            Assert.InRange(await YearAsync("2027"), 0, 0.1);
        }

        await KeepAsync(page, $"properties-{name}");

        async Task<double> YearAsync(string year) => Number(await plot.GetByRole(AriaRole.Row, new() { NameRegex = new Regex($"^{year} ") }).GetByRole(AriaRole.Cell).First.InnerTextAsync());
    }

    private static string CommandLine(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }

    private static double Number(string cell) => double.Parse(Regex.Match(cell, @"[\d.]+").Value, System.Globalization.CultureInfo.InvariantCulture);
}
