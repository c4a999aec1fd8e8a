using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace GenAiLab.WebConsole.Tests;

public sealed class StagesTests(ConsoleFixture fixture) : ConsoleTest(fixture)
{
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task The_curves_of_each_training_are_drawn_and_can_be_read_from_the_keyboard(ColorScheme scheme)
    {
        var page = await OpenAsync("/stages", scheme, width: 360, height: 740);
        foreach (var heading in new[] { "lab-base: pre-training", "lab-sft: supervised fine-tuning", "lab-reward: reward model", "lab-chat: policy optimisation (GRPO)" })
        {
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = heading, Exact = true })).ToBeVisibleAsync();
        }

        foreach (var title in new[] { "Reward, in standard deviations", "KL divergence from the model it began with, nats an answer", "Held-out pairs ranked right, share" })
        {
            await Expect(page.GetByRole(AriaRole.Img, new() { Name = title })).ToHaveAccessibleDescriptionAsync(new Regex("from .* at step \\d+ to .* at step \\d+"));
        }

        var loss = page.GetByRole(AriaRole.Figure).First;
        // 56 evaluations, training and held out: what models/lab-base/training.json holds.
        var lines = loss.Locator(".rz-line-series path");
        await Expect(lines).ToHaveCountAsync(2);
        await Expect(loss.GetByRole(AriaRole.Img, new() { Name = "Loss, nats a token" })).ToHaveAccessibleDescriptionAsync(new Regex("held out: from 1.066 at step 250 to 0.5271 at step 14000"));
        Assert.Equal(56 - 1, (await lines.First.GetAttributeAsync("d"))!.Count(static letter => letter == 'L'));
        await lines.First.HoverAsync(new() { Force = true });
        await Expect(page.Locator(".point-note")).ToContainTextAsync(new Regex("^(held out|training)\\s*[0-9]+: [0-9.]+$"));
        await loss.GetByRole(AriaRole.Button, new() { Name = "held out" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(lines).ToHaveCountAsync(1);

        await loss.Locator("summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(loss.GetByRole(AriaRole.Row).Last).ToHaveTextAsync(new Regex("14000\\s*0.5271\\s*0.7729"));
        await page.Keyboard.PressAsync("Tab");
        await Expect(loss.GetByRole(AriaRole.Group, new() { Name = "Loss, nats a token", Exact = true })).ToBeFocusedAsync();
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 0, 360);
        await AssertAccessibleAsync(page);
        await KeepAsync(page, $"stages-curves-{scheme.ToString().ToLowerInvariant()}");
    }
}
