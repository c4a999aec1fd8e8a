using GenAiLab.EndToEnd;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(GenAiLab.WebConsole.Tests.ConsoleFixture))]

namespace GenAiLab.WebConsole.Tests;

/// <summary>A lab with its web console as <c>lab up</c> starts them, and Debian's chromium.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private LabProcess? _lab;

    /// <summary>Why there is no browser; null: there is one.</summary>
    public static string? Obstacle { get; } = File.Exists(Chromium) ? null : "needs chromium (Debian: apt-get install chromium)";

    /// <summary>Where screenshots are kept; null: nowhere.</summary>
    public static string? Screenshots { get; } = Environment.GetEnvironmentVariable("GENAILAB_SCREENSHOTS") is { Length: > 0 } folder ? folder : null;

    /// <summary>The lab.</summary>
    public LabProcess Lab => _lab!;

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; private set; } = null!;

    /// <summary>The WAV file that the browser's microphone plays from when it is opened.</summary>
    public string Microphone { get; } = Path.Combine(Path.GetTempPath(), $"genailab-microphone-{Guid.NewGuid():N}.wav");

    /// <summary>Addresses of the pages.</summary>
    public static TheoryData<string> Pages => ["pipeline", "tokens", "opposites", "stages", "rank", "properties", "operate"];

    private static string Chromium => "/usr/bin/chromium";

    public async ValueTask InitializeAsync()
    {
        if (Obstacle is not null)
        {
            return;
        }

        // How long until a page says what it is to say is not what is tested.
        Assertions.SetDefaultExpectTimeout(60_000);
        _lab = await LabProcess.StartWithConsoleAsync();
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            // A microphone that plays a file, once.
            Args = ["--no-sandbox", "--use-fake-device-for-media-stream", $"--use-file-for-fake-audio-capture={Microphone}%noloop"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (Obstacle is not null)
        {
            return;
        }

        await Browser.DisposeAsync();
        _playwright!.Dispose();
        File.Delete(Microphone);
        await _lab!.DisposeAsync();
    }
}
