using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

/// <summary>A sound that is recorded by the browser. Its microphone plays a file.</summary>
public sealed class RecordingTests(ConsoleFixture fixture) : ConsoleTest(fixture)
{
    // A browser without a sound card loses samples when its machine has other work.
    private const int Recordings = 5;

    [Fact]
    public async Task What_is_said_into_the_microphone_is_written_down()
    {
        var page = await OpenAsync("/opposites");
        var speaking = page.Locator(".direction").Filter(new() { HasText = "From words to a phrase" });
        await speaking.GetByRole(AriaRole.Button, new() { Name = "Make the phrase" }).ClickAsync();
        var spoken = speaking.Locator("audio");
        await Expect(spoken).ToHaveAttributeAsync("src", new System.Text.RegularExpressions.Regex("^data:audio/wav;base64,"));
        // A second of silence before: the microphone plays from when it is opened, and is heard from when it is joined.
        await File.WriteAllBytesAsync(Fixture.Microphone, AfterSilence(Convert.FromBase64String((await spoken.GetAttributeAsync("src"))!.Split(',')[1])), TestContext.Current.CancellationToken);

        await page.Context.GrantPermissionsAsync(["microphone"]);
        var hearing = page.Locator(".direction").Filter(new() { HasText = "From a sound to its label" });
        var heard = hearing.GetByText("Heard:");
        for (var recording = 1; recording <= Recordings; recording++)
        {
            await hearing.GetByRole(AriaRole.Button, new() { Name = "Record" }).ClickAsync();
            await Expect(hearing.GetByText("Recording; the first 4 seconds count.")).ToBeVisibleAsync();
            // As long as the file is: what is recorded takes its time.
            await page.WaitForTimeoutAsync(4_000);
            await hearing.GetByRole(AriaRole.Button, new() { Name = "Stop and ask" }).ClickAsync();
            await Expect(hearing.Locator("audio")).ToHaveAttributeAsync("src", new System.Text.RegularExpressions.Regex("^data:audio/wav;base64,"));
            await Expect(hearing.GetByRole(AriaRole.Button, new() { Name = "Record" })).ToBeEnabledAsync();
            await Expect(heard).ToBeVisibleAsync();
            if ((await heard.TextContentAsync())!.Contains("seven black cats", StringComparison.Ordinal))
            {
                break;
            }
        }

        await Expect(heard).ToContainTextAsync("seven black cats");
        await AssertAccessibleAsync(page);
        await KeepAsync(page, "opposites-recorded");
    }

    [Fact]
    public async Task A_microphone_that_may_not_be_used_is_said_to_be_so()
    {
        var page = await OpenAsync("/opposites");
        await page.Context.GrantPermissionsAsync([]);
        var hearing = page.Locator(".direction").Filter(new() { HasText = "From a sound to its label" });
        await hearing.GetByRole(AriaRole.Button, new() { Name = "Record" }).ClickAsync();
        await Expect(hearing.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The browser may not use the microphone: allow it for this page.");
        await Expect(hearing.GetByRole(AriaRole.Button, new() { Name = "Record" })).ToBeEnabledAsync();
    }

    // A WAV file of 16 bits with its samples a second later; the header's lengths grow with it.
    private static byte[] AfterSilence(byte[] wav)
    {
        var data = wav.AsSpan().IndexOf("data"u8) + 8;
        var silence = new byte[BitConverter.ToInt32(wav, 28)];
        byte[] longer = [.. wav.AsSpan(0, data), .. silence, .. wav.AsSpan(data), .. silence];
        BitConverter.TryWriteBytes(longer.AsSpan(4), longer.Length - 8);
        BitConverter.TryWriteBytes(longer.AsSpan(data - 4), longer.Length - data);
        return longer;
    }
}
