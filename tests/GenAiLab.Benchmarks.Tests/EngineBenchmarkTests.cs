using System.Text.Json;
using GenAiLab.Benchmarks.Engine;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.Tests;

/// <summary>The benchmark measures, and says all that it measured.</summary>
public sealed class EngineBenchmarkTests
{
    [Fact]
    public void EveryFigureIsTakenInEveryRoundAndReported()
    {
        var work = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var options = new EngineBenchmarkOptions(
                ReferenceModel.Of("tiny", 256), [WeightFormat.Float32, WeightFormat.Int8PerRow], Threads: 1, Rounds: 2, Widths: [1, 3], Depths: [8], Prompts: [16], work, LlamaLibraries: null);
            List<string> lines = [];
            var results = EngineBenchmark.Run(options, lines.Add, TestContext.Current.CancellationToken);
            Assert.Equal(6, results.Count);
            Assert.Equal(6, lines.Count);
            Assert.All(results, static result => Assert.True(result.Own.Count == 2 && result.Own.All(static value => value > 0)));
            Assert.Equal(2, results.Count(static result => result.BandwidthShare is > 0 and < 20));

            BenchmarkReport.Write(work, Machine.Describe(1), results);
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(work, "results.json")));
            Assert.Equal(6, json.RootElement.GetProperty("results").GetArrayLength());
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(Path.Combine(work, "results.png"))[..4]);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    [Theory]
    [InlineData(50, 3)]
    [InlineData(0, 1)]
    [InlineData(100, 5)]
    [InlineData(25, 2)]
    [InlineData(90, 4.6)]
    public void PercentilesLieBetweenTheNearestRanks(double percent, double expected) =>
        Assert.Equal(expected, Statistics.Percentile([5, 1, 4, 2, 3], percent), 1e-9);

    [Fact]
    public void TheWeightsAreTheSameInEveryRun()
    {
        var (first, second) = (ReferenceModel.Of("tiny").Weights(), ReferenceModel.Of("tiny").Weights());
        Assert.All(first, entry => Assert.Equal(entry.Value, second[entry.Key]));
    }
}
