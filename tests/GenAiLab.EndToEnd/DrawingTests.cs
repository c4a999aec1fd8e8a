using GenAiLab.Media.Pictures;

namespace GenAiLab.EndToEnd;

/// <summary>
/// Pictures in both directions from the command line, with models that were trained for seconds: what they draw is noise, how it
/// is drawn is what counts here.
/// </summary>
public sealed class DrawingTests(DrawingTests.TrainedModels models) : IClassFixture<DrawingTests.TrainedModels>
{
    [Fact]
    public async Task A_prompt_becomes_a_picture_and_the_picture_a_label()
    {
        var (first, second) = (models.File("first.png"), models.File("second.png"));
        var drawn = await DrawAsync("a black cat on grass", first, "--seed", "7");
        Assert.Equal((0, ""), (drawn.ExitCode, drawn.Errors));
        Assert.Matches(@"^first\.png: [\d,]+ bytes of image/png, 256 tokens in \d+\.\d\d s, seed 7\s*$", drawn.Output);
        Assert.Equal(0, (await DrawAsync("a black cat on grass", second, "--seed", "7")).ExitCode);
        Assert.Equal(await File.ReadAllBytesAsync(first, Cancellation), await File.ReadAllBytesAsync(second, Cancellation));
        Assert.Equal(0, (await DrawAsync("a black cat on grass", second, "--seed", "8")).ExitCode);
        Assert.NotEqual(await File.ReadAllBytesAsync(first, Cancellation), await File.ReadAllBytesAsync(second, Cancellation));
        var picture = PictureFile.Read(await File.ReadAllBytesAsync(first, Cancellation), 32, 32, Cancellation);
        Assert.True(picture.Rgb.Distinct().Count() > 2);

        // The name of a file is enough: the first classifier that takes images is asked.
        var seen = await Lab.RunAsync("classify", first, "--models", models.Root, "--top", "1");
        Assert.Equal((0, ""), (seen.ExitCode, seen.Errors));
        Assert.Matches(@"^[a-z]+ +\d+\.\d\d ?% ", seen.Output);
    }

    [Fact]
    public async Task Words_that_the_model_does_not_know_are_said_to_be_unknown()
    {
        var drawn = await DrawAsync("a gigantic black zebra", models.File("zebra.png"), "--seed", "1");
        Assert.Equal(0, drawn.ExitCode);
        Assert.Contains("does not know 'gigantic', 'zebra'", drawn.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(models.File("zebra.png")));
    }

    [Fact]
    public async Task What_cannot_be_drawn_or_seen_is_told_in_a_line()
    {
        var output = models.File("none.png");
        var error = await Lab.RunAsync("draw", "a cat", "--out", output, "--model", "lab-see", "--models", models.Root);
        Assert.NotEqual(0, error.ExitCode);
        Assert.False(File.Exists(output));
        await File.WriteAllTextAsync(output, "not a picture", Cancellation);
        error = await Lab.RunAsync("classify", output, "--models", models.Root);
        Assert.NotEqual(0, error.ExitCode);
        Assert.Matches("^lab: image: .*\n$", error.Errors);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Task<(int ExitCode, string Output, string Errors)> DrawAsync(string prompt, string file, params string[] more) =>
        Lab.RunAsync(["draw", prompt, "--out", file, "--models", models.Root, .. more]);

    /// <summary>lab-see and lab-draw after a few steps of training.</summary>
    public sealed class TrainedModels : IAsyncLifetime
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("genailab-drawing-");

        public string Root => _folder.FullName;

        public string File(string name) => Path.Combine(Root, name);

        public async ValueTask InitializeAsync()
        {
            foreach (var verb in new[] { "see", "draw" })
            {
                var (exitCode, _, errors) = await Lab.RunAsync("train", verb, "--models", Root, "--smoke");
                Assert.True(exitCode == 0, errors);
                Directory.Move(File($"lab-{verb}-smoke"), File($"lab-{verb}"));
            }
        }

        public ValueTask DisposeAsync()
        {
            _folder.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
