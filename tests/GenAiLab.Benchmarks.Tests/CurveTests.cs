using System.Text.Json;
using GenAiLab.Benchmarks.Curves;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Benchmarks.Tests;

/// <summary>Curves have every point that was asked for, in every round, on disk as well.</summary>
public sealed class CurveTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("curves-").FullName;

    [Fact]
    public void AStepIsTimedByContextBatchAndVocabulary()
    {
        var steps = new StepCurves(Threads: 1, Rounds: 2, _work);
        var cancellation = TestContext.Current.CancellationToken;
        var context = steps.Context(ReferenceModel.Of("tiny", 256), [WeightFormat.Float32, WeightFormat.Int8], cancellation);
        Assert.Equal(["fp32", "int8"], context.Series.Select(static series => series.Name));
        Assert.All(context.Series, static series => Assert.Equal([1, 64, 128, 247], series.Points.Select(static point => point.X)));

        var batch = steps.Batch(ReferenceModel.Of("tiny", 64), [WeightFormat.Float32], 16, cancellation);
        Assert.Equal([1, 2, 4, 8, 16, 32], batch.Series[0].Points.Select(static point => point.X));

        var vocabulary = steps.Vocabulary(ReferenceModel.Of("tiny", 128), [WeightFormat.Float32], [2_048, 4_096], cancellation);
        Assert.Equal([2_048, 4_096], vocabulary.Series[0].Points.Select(static point => point.X));

        foreach (var curve in new[] { context, batch, vocabulary })
        {
            Assert.All(curve.Series.SelectMany(static series => series.Points), static point => Assert.True(point.Rounds.Count == 2 && point.Rounds.All(static value => value > 0)));
            CurveReport.Write(_work, "a machine", curve);
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_work, $"{curve.Name}.json")));
            var points = json.RootElement.GetProperty("curve").GetProperty("series")[0].GetProperty("points");
            Assert.Equal(curve.Series[0].Points.Count, points.GetArrayLength());
            Assert.Equal(2, points[0].GetProperty("rounds").GetArrayLength());
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(Path.Combine(_work, $"{curve.Name}.png"))[..4]);
        }
    }

    [Fact]
    public void ALoadIsTimedAndWeighed()
    {
        var figures = LoadFigures.Take(ReferenceModel.Of("tiny", 64).WriteFolder(_work), "fp32", threads: 1);
        Assert.True(figures.Seconds > 0);
        Assert.InRange(figures.ResidentBytes, 1 << 20, figures.PeakBytes);
    }

    public void Dispose() => Directory.Delete(_work, recursive: true);
}
