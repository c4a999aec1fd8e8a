using System.CommandLine;
using GenAiLab.Cli.Commands;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Tests.Kills;

/// <summary>
/// <c>lab models quantize</c> killed while it replaces a folder: twenty times, with <c>GENAILAB_SOAK=1</c> two hundred times.
/// </summary>
public sealed class QuantizeKillTests(ITestOutputHelper output) : IDisposable
{
    private const string Name = "small";
    private static readonly string[] Formats = ["int8", "int4"];
    private static readonly string Source = Path.Combine(ModelsRoot.Find(null, AppContext.BaseDirectory), "lab-draft");
    private readonly string _models = Directory.CreateTempSubdirectory("quantize-kills-").FullName;

    private static int Kills => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1" ? 200 : 20;

    private string Folder => Path.Combine(_models, Name);

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Whenever_it_is_killed_the_old_folder_or_the_new_one_is_there_whole()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere a folder is replaced in two steps");
        Dictionary<string, string> whole = [];
        var most = 0;
        foreach (var format in Formats)
        {
            most = Math.Max(most, await FinishAsync(format));
            whole[FolderPrint.Of(Folder)] = format;
            Assert.Equal(0, await ModelsCheckCommand.Create().Parse([Folder]).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        }

        Assert.Equal(Formats.Length, whole.Count);
        var random = new Random(9);
        var (kills, unfinished, replaced) = (0, 0, 0);
        var there = Formats[^1];
        for (var run = 0; kills < Kills; run++)
        {
            Assert.True(run < 4 * Kills, $"{kills} of {run} runs were killed");
            var wanted = Formats.Single(format => format != there);
            var ended = await KilledLab.RunAsync(_models, random.Next(1, most + 1), Command(wanted));
            Assert.True(ended.WasKilled || ended.ExitCode == 0, ended.Error);

            Assert.Equal([Name], ModelsRoot.Folders(_models).Select(Path.GetFileName));
            Assert.True(whole.TryGetValue(FolderPrint.Of(Folder), out var found), $"run {run}: a folder of neither format, with {string.Join(", ", Directory.GetFiles(Folder).Select(Path.GetFileName))}");
            var left = Directory.GetDirectories(_models).Length - 1;
            Assert.InRange(left, 0, 1);
            (kills, unfinished, replaced) = (kills + (ended.WasKilled ? 1 : 0), unfinished + left, replaced + (ended.WasKilled && found == wanted ? 1 : 0));
            there = found;
        }

        output.WriteLine($"{kills} kills at one of {most} changes, {unfinished} with something left beside, {replaced} after the new folder was in place");
        Assert.True(unfinished > 0, "no kill struck a folder that was being written");
        await FinishAsync(Formats[0]);
        Assert.Equal(Formats[0], whole[FolderPrint.Of(Folder)]);
        Assert.Equal([Folder], Directory.GetFileSystemEntries(_models));
    }

    private async Task<int> FinishAsync(string format)
    {
        var run = await KilledLab.RunAsync(_models, killAt: null, Command(format));
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Changes;
    }

    private string[] Command(string format) => ["models", "quantize", Source, "--format", format, "--out", Folder, "--force"];
}
