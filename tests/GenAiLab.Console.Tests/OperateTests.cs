using System.Security.Cryptography;
using System.Text.RegularExpressions;
using GenAiLab.V1;
using Grpc.Net.Client;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

public sealed class OperateTests(ConsoleFixture fixture) : ConsoleTest(fixture)
{
    [Fact]
    public async Task A_stream_takes_a_slot_and_what_its_user_waited_for_is_shown()
    {
        var (generating, operating) = (await OpenAsync("/pipeline"), await OpenAsync("/operate"));
        var row = operating.GetByRole(AriaRole.Row).Filter(new() { HasText = "lab-base" });
        using var channel = GrpcChannel.ForAddress(Fixture.Lab.Grpc("decoder"));
        // In step mode a slot is held for as long as its caller thinks.
        using (var holder = new V1.Decoder.DecoderClient(channel).Step(cancellationToken: TestContext.Current.CancellationToken))
        {
            await holder.RequestStream.WriteAsync(
                new StepRequest { Open = new StepOpen { Model = "lab-base", Prompt = new TokenIds { Ids = { Enumerable.Range(1, 64) } }, Top = 1 } }, TestContext.Current.CancellationToken);
            await Expect(row.GetByText(new Regex("^[1-9][0-9]* of [0-9]+$"))).ToBeVisibleAsync();
            await Expect(row.GetByText(new Regex("^(0\\.[1-9]|[1-9][0-9]*\\.[0-9]) % of [0-9.]+ MiB$"))).ToBeVisibleAsync();
        }

        await Expect(row.GetByText(new Regex("^0 of [0-9]+$"))).ToBeVisibleAsync();
        await generating.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(generating.GetByText("Ended by")).ToBeVisibleAsync();
        foreach (var figure in new[] { "Time to first token, last", "Between tokens, median" })
        {
            await Expect(operating.Locator(".figures div").Filter(new() { HasText = figure })).ToContainTextAsync(new Regex("[0-9.]+ ms"));
        }
    }

    [Fact]
    public async Task The_version_that_is_shown_is_that_of_the_file()
    {
        var models = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(models.FullName, "models", "lab-base")))
        {
            models = models.Parent!;
        }

        await using var file = System.IO.File.OpenRead(Path.Combine(models.FullName, "models", "lab-base", "model.onnx"));
        var version = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, TestContext.Current.CancellationToken));
        var page = await OpenAsync("/operate");
        var shown = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "lab-base" }).GetByText(version[..8]);
        await Expect(shown).ToHaveAttributeAsync("title", $"SHA-256 of the graph: {version}");
    }
}
