using System.Diagnostics;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>
/// Folders that are damaged in thousands of ways: each is refused in words or works; none takes the process, seconds,
/// or gigabytes. With <c>GENAILAB_SOAK=1</c> there are ten times as many.
/// </summary>
[Trait("Soak", "Folders")]
public sealed class HostileFolderTests(ITestOutputHelper output) : IDisposable
{
    private const int Kinds = 4;
    private const int Configurations = 9000;
    private const int Graphs = 1000;

    // The test adapter takes a process for crashed that ends within a moment of its first word in a minute.
    private const int LinesOfProgress = 10;
    private const long MaximumMemory = 4L << 30;
    // Of the processor's time: the machine may be busy with others.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly string _root = Directory.CreateTempSubdirectory("hostile-").FullName;

    private static int Factor => Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1" ? 10 : 1;

    [Fact]
    public void DamagedConfigurationsAreRefusedInWords()
    {
        var (genai, optimum) = (Write("genai", 0), Write("optimum", 1));
        var files = new[] { Path.Combine(genai, GenAiConfig.FileName), Path.Combine(optimum, HuggingFaceConfig.FileName), Path.Combine(optimum, HuggingFaceConfig.GenerationFileName) };
        var texts = files.Select(File.ReadAllText).ToArray();
        var accepted = 0;
        for (var seed = 0; seed < Configurations * Factor; seed++)
        {
            Report(seed, Configurations * Factor);
            var at = seed % files.Length;
            File.WriteAllText(files[at], new FolderMutation(seed).Damage(texts[at]));
            accepted += Opens(Path.GetDirectoryName(files[at])!, seed) ? 1 : 0;
            File.WriteAllText(files[at], texts[at]);
        }

        output.WriteLine($"{Configurations * Factor} configurations, {accepted} accepted");
        Assert.InRange(accepted, 100, Configurations * Factor * 9 / 10);
    }

    [Fact]
    public void DamagedGraphsAreRefusedInWordsOrWork()
    {
        var folders = Enumerable.Range(0, Kinds).Select(kind => Write($"kind{kind}", kind)).ToArray();
        var graphs = folders.Select(folder => File.ReadAllBytes(Graph(folder))).ToArray();
        var models = graphs.Select(ModelProto.Parser.ParseFrom).ToArray();
        var (loaded, slowest, slowestSeed) = (0, TimeSpan.Zero, 0);
        for (var seed = 0; seed < Graphs * Factor; seed++)
        {
            Report(seed, Graphs * Factor);
            var kind = seed % Kinds;
            var mutation = new FolderMutation(seed);
            try
            {
                File.WriteAllBytes(Graph(folders[kind]), seed / Kinds % 3 == 0 ? mutation.DamageBytes(graphs[kind]) : mutation.DamageMeaning(models[kind]));
            }
            catch (FolderMutation.NothingLeftException)
            {
                continue;
            }

            var started = Environment.CpuUsage.TotalTime;
            loaded += Loads(folders[kind], seed) ? 1 : 0;
            var took = Environment.CpuUsage.TotalTime - started;
            (slowest, slowestSeed) = took > slowest ? (took, seed) : (slowest, slowestSeed);
            Assert.True(took < Limit, $"seed {seed} took {took}");
        }

        output.WriteLine($"{Graphs * Factor} graphs, {loaded} loaded; slowest {slowest.TotalMilliseconds:0} ms, seed {slowestSeed}; peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
        Assert.True(Process.GetCurrentProcess().PeakWorkingSet64 < MaximumMemory);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Report(int seed, int seeds)
    {
        if (seed % (seeds / LinesOfProgress) == 0)
        {
            output.WriteLine($"from seed {seed} on");
        }
    }

    private static bool Opens(string folder, int seed)
    {
        try
        {
            DecoderConfig.Read(folder);
            return true;
        }
        catch (ModelFolderException error)
        {
            AssertInWords(error, folder, seed);
            return false;
        }
        catch (Exception error)
        {
            Assert.Fail($"seed {seed}: {error}");
            return false;
        }
    }

    private static bool Loads(string folder, int seed)
    {
        try
        {
            using var graph = DecoderGraphLoading.Load(folder, new DecoderOptions { Slots = 2, Threads = 1 }, 64L << 20);
            return true;
        }
        catch (ModelFolderException error)
        {
            AssertInWords(error, folder, seed);
            return false;
        }
        catch (Exception error)
        {
            Assert.Fail($"seed {seed}: {error}");
            return false;
        }
    }

    private static void AssertInWords(ModelFolderException error, string folder, int seed)
    {
        Assert.False(error.Message.Contains(folder, StringComparison.Ordinal), $"seed {seed}: {error.Message}");
        Assert.False(error.Message.Contains("Exception", StringComparison.Ordinal), $"seed {seed}: {error.Message}");
    }

    private static string Graph(string folder) => Directory.EnumerateFiles(folder, "*.onnx").Single();

    private string Write(string name, int kind)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        File.WriteAllText(Path.Combine(_root, "secret"), new string('s', 1 << 16));
        File.WriteAllText(Path.Combine(folder, "inside"), new string('i', 1 << 16));
        File.CreateSymbolicLink(Path.Combine(folder, "link"), Path.Combine(_root, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "folder"), _root);
        var path = Directory.CreateDirectory(Path.Combine(folder, "*", "_ORT_MEM_ADDR_")).FullName;
        File.WriteAllText(Path.Combine(path, "*"), new string('m', 1 << 16));
        switch (kind)
        {
            case 0:
                ForeignFolder.WriteGenAi(folder, new GenAiGraph().Build());
                break;
            case 1:
                ForeignFolder.WriteOptimum(folder, new OptimumGraph().Build(), "");
                break;
            case 2:
                ForeignFolder.WriteOptimum(folder, new OptimumGraph { IsMerged = true }.Build(), "", file: "decoder_model_merged.onnx");
                break;
            default:
                ForeignFolder.WriteGenAi(folder, new GenAiGraph { RotatesOutside = true }.Build().InHalves(), positions: true);
                break;
        }

        return folder;
    }
}
