using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

/// <summary>What the tests of a page share: a browser window of its own, in which nothing may go wrong unseen.</summary>
public abstract class ConsoleTest(ConsoleFixture fixture) : IAsyncLifetime
{
    private static readonly AxeRunOptions Wcag = new()
    {
        RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    };

    private static readonly string[] Disconnected = ["ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "negotiat", "start the connection", "Failed to fetch", "reconnect"];

    private readonly List<string> _complaints = [];
    private IBrowserContext? _context;

    /// <summary>Whether the test cuts its page's connection.</summary>
    protected bool MayDisconnect { get; set; }

    /// <summary>The lab and the browser.</summary>
    protected ConsoleFixture Fixture { get; } = fixture;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(ConsoleFixture.Obstacle is null, ConsoleFixture.Obstacle ?? "");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_context is not null)
        {
            await _context.DisposeAsync();
        }

        GC.SuppressFinalize(this);
        // Scripts that failed, and what the content security policy kept from running.
        Assert.Empty(_complaints);
    }

    /// <summary>Opens a page and waits until it answers to a user.</summary>
    protected async Task<IPage> OpenAsync(string address, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900)
    {
        var page = await NewPageAsync(scheme, width, height);
        var connected = page.WaitForWebSocketAsync();
        await page.GotoAsync(address);
        await connected;
        // The circuit has rendered when the focus has gone to the heading.
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeFocusedAsync();
        return page;
    }

    /// <summary>A page of the test's window that shows nothing yet.</summary>
    protected async Task<IPage> NewPageAsync(ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900)
    {
        _context ??= await Fixture.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Fixture.Lab.ConsoleAddress,
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ReducedMotion = ReducedMotion.Reduce,
        });
        var page = await _context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !IsReconnecting(message.Text))
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        return page;
    }

    /// <summary>Keeps a picture of a page where screenshots are kept.</summary>
    protected static async Task KeepAsync(IPage page, string name)
    {
        if (ConsoleFixture.Screenshots is { } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
        }
    }

    /// <summary>Asserts that axe finds nothing against WCAG 2.2 AA in what is on the page now.</summary>
    protected static async Task AssertAccessibleAsync(IPage page)
    {
        var found = await page.RunAxe(Wcag);
        Assert.True(found.Violations.Length == 0, string.Join('\n', found.Violations.Select(static violation =>
            $"{violation.Id}: {violation.Help}: {string.Join("; ", violation.Nodes.Take(3).Select(static node => node.Html))}")));
    }

    /// <summary>Asserts of what is on the page, which wait for it.</summary>
    protected static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    // What chromium and Blazor's script say of a connection that broke.
    private bool IsReconnecting(string text) => text.Contains("WebSocket", StringComparison.Ordinal)
        || (MayDisconnect && Disconnected.Any(part => text.Contains(part, StringComparison.OrdinalIgnoreCase)));
}
