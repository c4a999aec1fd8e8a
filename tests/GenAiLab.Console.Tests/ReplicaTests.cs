using System.Text.RegularExpressions;
using GenAiLab.EndToEnd;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

/// <summary>A lab of two decoders, of which one is killed.</summary>
public sealed class ReplicaTests(ConsoleFixture fixture) : ConsoleTest(fixture)
{
    [Fact]
    public async Task A_decoder_is_killed_in_mid_stream_and_the_stream_goes_on_with_the_same_tokens()
    {
        await using var lab = await LabProcess.StartWithConsoleAsync(cancellation: TestContext.Current.CancellationToken, options: ["--decoders", "2"]);
        var page = await OpenAsync($"{lab.ConsoleAddress}/operate", width: 360, height: 740);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Decoder 2" })).ToBeVisibleAsync();
        var instances = page.GetByText(new Regex("^Instance [0-9a-f]{32}"));
        await Expect(instances).ToHaveCountAsync(2);
        var before = await instances.AllInnerTextsAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Kill a decoder in mid-stream" }).ClickAsync();
        await Expect(page.GetByText("All 200 tokens are those of an undisturbed run.")).ToBeVisibleAsync();
        var killed = Regex.Match(await page.GetByText(new Regex("^decoder [12]$")).InnerTextAsync(), "[12]").Value;
        // It comes back, as another one.
        var again = instances.Nth(killed == "1" ? 0 : 1);
        await Expect(again).Not.ToHaveTextAsync(before[killed == "1" ? 0 : 1]);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = $"Drain lab-base of decoder {killed}" })).ToBeVisibleAsync();
        Assert.Contains("it is started again", lab.Output, StringComparison.Ordinal);
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, 360);
        await AssertAccessibleAsync(page);
        await KeepAsync(page, "operate-killed");
        // The lab ends before the browser does.
        await page.CloseAsync();
    }
}
