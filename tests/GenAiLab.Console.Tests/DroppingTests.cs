using System.Text.Json;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

/// <summary>Files that are dragged out of a file manager onto the page.</summary>
public sealed class DroppingTests(ConsoleFixture fixture) : ConsoleTest(fixture)
{
    [Fact]
    public async Task A_picture_that_is_dropped_on_its_board_is_seen_for_what_it_is()
    {
        var page = await OpenAsync("/opposites");
        var making = page.Locator(".direction").Filter(new() { HasText = "From words to a drawing" });
        await making.GetByRole(AriaRole.Button, new() { Name = "Make the drawing" }).ClickAsync();
        await Expect(making.GetByText("256 tokens in")).ToBeVisibleAsync();
        var made = await making.GetByRole(AriaRole.Img).GetAttributeAsync("src");

        var seeing = page.Locator(".direction").Filter(new() { HasText = "From a picture to its label" });
        using var drawing = new OneFile(".png", Convert.FromBase64String(made!.Split(',')[1]));
        await DropAsync(page, seeing.Locator("canvas"), drawing.Path);
        await Expect(seeing.GetByText("takes it for")).ToBeVisibleAsync();
        await Expect(seeing.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("cat");

        using var nothing = new OneFile(".png", [1, 2, 3]);
        await DropAsync(page, seeing.GetByRole(AriaRole.Heading), nothing.Path);
        await Expect(seeing.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
    }

    // The events of the browser itself, and not of a script.
    private static async Task DropAsync(IPage page, ILocator onto, string file)
    {
        await onto.ScrollIntoViewIfNeededAsync();
        var place = (await onto.BoundingBoxAsync())!;
        var session = await page.Context.NewCDPSessionAsync(page);
        foreach (var type in new[] { "dragEnter", "dragOver", "drop" })
        {
            await session.SendAsync("Input.dispatchDragEvent", new Dictionary<string, object>
            {
                ["type"] = type,
                ["x"] = place.X + (place.Width / 2),
                ["y"] = place.Y + (place.Height / 2),
                ["data"] = JsonSerializer.SerializeToElement(new { items = Array.Empty<object>(), files = new[] { file }, dragOperationsMask = 1 }),
            });
        }

        await session.DetachAsync();
    }

    private sealed class OneFile : IDisposable
    {
        public OneFile(string extension, byte[] content)
        {
            Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"genailab-dropped-{Guid.NewGuid():N}{extension}");
            File.WriteAllBytes(Path, content);
        }

        public string Path { get; }

        public void Dispose() => File.Delete(Path);
    }
}
