using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Tests.Kills;

/// <summary>
/// <c>lab train base</c> killed again and again while it trains anew a model that is there: six times, with <c>GENAILAB_SOAK=1</c>
/// sixty times.
/// </summary>
public sealed class TrainKillTests(ITestOutputHelper output) : IDisposable
{
    private const string Name = "lab-base-smoke";
    private const string Card = "README.md", Record = "training.json"; // They say how long it took.
    private const string Notes = "NOTES.md";
    private readonly string _root = Directory.CreateTempSubdirectory("train-kills-").FullName;

    private static int Kills => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1" ? 60 : 6;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task However_often_it_is_killed_the_old_model_stays_whole_and_the_last_run_ends_in_the_same_bits()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere a folder is replaced in two steps");
        var calm = Models("calm");
        var changes = (await FinishAsync(calm, seed: 1)).Changes;
        var expected = Trained(Path.Combine(calm, Name));
        var models = Models("killed");
        await FinishAsync(models, seed: 2);
        var folder = Path.Combine(models, Name);
        await File.WriteAllTextAsync(Path.Combine(folder, Notes), "ours", TestContext.Current.CancellationToken);
        var old = FolderPrint.Of(folder);

        var random = new Random(4);
        var (kills, resumed, step) = (0, 0, 0);
        for (var run = 0; kills < Kills; run++)
        {
            Assert.True(run < 4 * Kills, $"{kills} of {run} runs were killed");
            var ended = await KilledLab.RunAsync(models, random.Next(1, changes + 1), Command(models, seed: 1));
            Assert.True(ended.WasKilled || ended.ExitCode == 0, ended.Error);
            kills += ended.WasKilled ? 1 : 0;

            Assert.Equal([Name], ModelsRoot.Folders(models).Select(Path.GetFileName));
            if (FolderPrint.Of(folder) == old)
            {
                // Each run goes on from the last one's checkpoint: none begins anew.
                var reached = Step(folder);
                Assert.True(reached >= step, $"run {run} went back from step {step} to {reached}");
                resumed += step > 0 ? 1 : 0;
                step = reached;
            }
            else
            {
                Assert.Equal(expected, Trained(folder));
                step = 0;
                old = FolderPrint.Of(folder);
            }
        }

        output.WriteLine($"{kills} kills at one of {changes} changes, {resumed} runs began at a checkpoint");
        Assert.True(resumed > 0, "no run had a checkpoint to go on from");
        await FinishAsync(models, seed: 1);
        Assert.Equal(expected, Trained(folder));
        Assert.Equal("ours", await File.ReadAllTextAsync(Path.Combine(folder, Notes), TestContext.Current.CancellationToken));
        Assert.Equal([folder], Directory.GetFileSystemEntries(models));
        Assert.Empty(Directory.GetDirectories(folder));
        Assert.DoesNotContain(Directory.GetFiles(folder), static file => Path.GetFileName(file).StartsWith('.'));
    }

    // What a seed makes, and of which seed the other files tell: two models' files never lie together.
    private static string Trained(string folder) => string.Join(
        '\n', FolderPrint.Of(folder, Card, Record, Notes),
        Regex.Match(File.ReadAllText(Path.Combine(folder, Card)), "--seed [0-9]+").Value,
        $"{JsonNode.Parse(File.ReadAllText(Path.Combine(folder, Record)))!["options"]!["Seed"]}");

    // The first line of a checkpoint says what it is of.
    private static int Step(string folder)
    {
        var checkpoint = Path.Combine(folder, ".training", "checkpoint.bin");
        return File.Exists(checkpoint) ? JsonNode.Parse(File.ReadLines(checkpoint).First())!["Step"]!.GetValue<int>() : 0;
    }

    private static async Task<KilledRun> FinishAsync(string models, int seed)
    {
        var run = await KilledLab.RunAsync(models, killAt: null, Command(models, seed));
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private static string[] Command(string models, int seed) => ["train", "base", "--smoke", "--threads", "1", "--seed", $"{seed}", "--models", models];

    private string Models(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
}
