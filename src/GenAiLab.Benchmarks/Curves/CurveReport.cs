using System.Text.Json;
using GenAiLab.Models.Folders;
using ScottPlot;

namespace GenAiLab.Benchmarks.Curves;

/// <summary>A curve as JSON, with every round, and as a picture.</summary>
public static class CurveReport
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Writes NAME.json and NAME.png into a folder.</summary>
    public static void Write(string folder, string machine, Curve curve)
    {
        AtomicFile.WriteText(Path.Combine(folder, $"{curve.Name}.json"), JsonSerializer.Serialize(new { machine, date = DateTime.UtcNow.ToString("yyyy-MM-dd", null), curve }, Options));
        using var plot = new Plot();
        foreach (var series in curve.Series)
        {
            var line = plot.Add.Scatter(series.Points.Select(static point => point.X).ToArray(), series.Points.Select(static point => point.Median).ToArray());
            line.LegendText = series.Name;
        }

        plot.Title(curve.Title);
        plot.XLabel(curve.X);
        plot.YLabel(curve.Y);
        plot.Axes.SetLimitsY(0, curve.Series.SelectMany(static series => series.Points).Max(static point => point.Median) * 1.08);
        plot.ShowLegend(Alignment.LowerRight);
        var picture = plot.GetImageBytes(900, 450, ImageFormat.Png);
        AtomicFile.Write(Path.Combine(folder, $"{curve.Name}.png"), stream => stream.Write(picture));
    }
}
