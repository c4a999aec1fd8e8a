using System.Text.Json;
using GenAiLab.Models.Folders;
using ScottPlot;

namespace GenAiLab.Benchmarks.Reporting;

/// <summary>Results as JSON, with every round, and as a picture.</summary>
public static class BenchmarkReport
{
    /// <summary>The date as results say it, in UTC.</summary>
    public static string Today => DateTime.UtcNow.ToString("yyyy-MM-dd", null);

    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Writes a file of results.</summary>
    /// <param name="path">The file.</param>
    /// <param name="results">Machine, date, and what was measured.</param>
    public static void WriteJson(string path, object results) => AtomicFile.WriteText(path, JsonSerializer.Serialize(results, Options));

    /// <summary>Writes results.json and results.png into a folder.</summary>
    public static void Write(string folder, string machine, IReadOnlyList<Comparison> results, string peer = "llama.cpp")
    {
        WriteJson(Path.Combine(folder, "results.json"), new { machine, date = Today, unit = "tokens/s", results });
        using var plot = new Plot();
        for (var at = 0; at < results.Count; at++)
        {
            var own = plot.Add.Bar((3 * at) + 1, results[at].OwnMedian);
            own.Color = Colors.SteelBlue;
            if (results[at].OtherMedian is { } other)
            {
                plot.Add.Bar((3 * at) + 2, other).Color = Colors.Orange;
            }
        }

        plot.Axes.Bottom.SetTicks([.. results.Select(static (_, at) => (3 * at) + 1.5)], [.. results.Select(static result => $"{result.Format}\n{result.Figure}")]);
        plot.Axes.Bottom.TickLabelStyle.Rotation = 60;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleLeft;
        plot.Axes.Bottom.MinimumSize = 180;
        plot.Title($"Blue: GenAiLab, orange: {peer}");
        plot.YLabel("tokens/s");
        plot.Axes.Margins(bottom: 0);
        var picture = plot.GetImageBytes(1200, 600, ImageFormat.Png);
        AtomicFile.Write(Path.Combine(folder, "results.png"), stream => stream.Write(picture));
    }
}
