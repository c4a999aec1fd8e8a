using GenAiLab.Media.Pictures;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

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
        var (first, second) = (models.At("first.png"), models.At("second.png"));
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
        var drawn = await DrawAsync("a gigantic black zebra", models.At("zebra.png"), "--seed", "1");
        Assert.Equal(0, drawn.ExitCode);
        Assert.Contains("does not know 'gigantic', 'zebra'", drawn.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(models.At("zebra.png")));
    }

    [Fact]
    public async Task What_cannot_be_drawn_or_seen_is_told_in_a_line()
    {
        var output = models.At("none.png");
        var error = await Lab.RunAsync("draw", "a cat", "--out", output, "--model", "lab-see", "--models", models.Root);
        Assert.NotEqual(0, error.ExitCode);
        Assert.False(File.Exists(output));
        await File.WriteAllTextAsync(output, "not a picture", Cancellation);
        error = await Lab.RunAsync("classify", output, "--models", models.Root);
        Assert.NotEqual(0, error.ExitCode);
        Assert.Matches("^lab: image: .*\n$", error.Errors);
    }

    /// <summary>Over the network, between processes, in both loop modes: the picture of the seed is one and the same.</summary>
    [Fact]
    public async Task A_running_lab_shows_pictures_as_they_form()
    {
        await using var lab = await LabProcess.StartAsync(
            "processes", new Dictionary<string, string> { ["Models__Default"] = "lab-draw" }, Cancellation, "--models", models.Root);
        var file = models.At("remote.png");
        var drawn = await DrawAsync("a red house", file, "--seed", "5", "--address", lab.Grpc("orchestrator"));
        Assert.Equal((0, ""), (drawn.ExitCode, drawn.Errors));
        using var channel = GrpcChannel.ForAddress(lab.Grpc("orchestrator"));
        foreach (var mode in new[] { LoopMode.Pushdown, LoopMode.Step })
        {
            var request = new GenerateRequest
            {
                Model = "lab-draw",
                Text = "a red house",
                Mode = mode,
                Sampling = new SamplingProgram { Seed = 5 },
                MediaOutput = new MediaOutput { PreviewInterval = 64 },
            };
            using var call = new V1.Orchestrator.OrchestratorClient(channel).Generate(request, deadline: DateTime.UtcNow.AddMinutes(1), cancellationToken: Cancellation);
            var pictures = new List<FormedMedia>();
            await foreach (var response in call.ResponseStream.ReadAllAsync(Cancellation))
            {
                pictures.AddRange(response.Media is { } media ? [media] : []);
            }

            Assert.Equal([64, 128, 192, 256], pictures.Select(static picture => picture.Codes));
            Assert.Equal(await File.ReadAllBytesAsync(file, Cancellation), pictures[^1].Content);
            // Of the first preview a quarter is there, and the same as in the end.
            var (quarter, whole) = (Read(pictures[0]), Read(pictures[^1]));
            Assert.Equal(whole[..(whole.Length / 4)], quarter[..(whole.Length / 4)]);
            Assert.All(quarter[(whole.Length / 4)..], static value => Assert.Equal(128, value));
        }

        static byte[] Read(FormedMedia media) => PictureFile.Read(media.Content.Span, 32, 32, Cancellation).Rgb;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Task<(int ExitCode, string Output, string Errors)> DrawAsync(string prompt, string file, params string[] more) =>
        Lab.RunAsync(["draw", prompt, "--out", file, "--models", models.Root, .. more]);

    /// <summary>lab-see and lab-draw after a few steps of training.</summary>
    public sealed class TrainedModels : IAsyncLifetime
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("genailab-drawing-");

        public string Root => _folder.FullName;

        public string At(string name) => Path.Combine(Root, name);

        public async ValueTask InitializeAsync()
        {
            foreach (var verb in new[] { "see", "draw" })
            {
                var (exitCode, _, errors) = await Lab.RunAsync("train", verb, "--models", Root, "--smoke");
                Assert.True(exitCode == 0, errors);
                Directory.Move(At($"lab-{verb}-smoke"), At($"lab-{verb}"));
            }
        }

        public ValueTask DisposeAsync()
        {
            _folder.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
