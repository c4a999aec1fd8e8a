using GenAiLab.Models.Folders;
using ScottPlot;

namespace GenAiLab.Experiments.Opposites;

/// <summary>The curve of <see cref="BayesCurve{T}"/> as a picture.</summary>
internal static class BayesPlot
{
    private const int Width = 720, Height = 420;

    /// <summary>Writes it as a PNG.</summary>
    /// <param name="path">The file, replaced at once.</param>
    /// <param name="examples">What is classified, in the plural.</param>
    /// <param name="points">From the fewest examples to all; the sizes stand at equal distances.</param>
    public static void Save(string path, string examples, IReadOnlyList<BayesPoint> points)
    {
        using var plot = new Plot();
        plot.Title($"Held-out {examples}, classified");
        plot.XLabel("training examples");
        plot.YLabel("accuracy");
        double[] places = [.. Enumerable.Range(0, points.Count).Select(static at => (double)at)];
        Add("generative, by Bayes' rule", static point => point.Generative.Value);
        Add("discriminative", static point => point.Discriminative.Value);
        plot.Axes.Bottom.SetTicks(places, [.. points.Select(static point => point.Examples)]);
        plot.Axes.SetLimitsY(0, 1.02);
        plot.ShowLegend(Alignment.LowerRight);
        var picture = plot.GetImageBytes(Width, Height, ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(picture));

        void Add(string name, Func<BayesPoint, double> value)
        {
            var line = plot.Add.Scatter(places, points.Select(value).ToArray());
            line.LegendText = name;
        }
    }
}
