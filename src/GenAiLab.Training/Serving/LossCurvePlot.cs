using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using ScottPlot;

namespace GenAiLab.Training.Serving;

/// <summary>The loss curve as a picture.</summary>
internal static class LossCurvePlot
{
    public static void Save(string path, IReadOnlyList<LossPoint> curve)
    {
        using var plot = new Plot();
        plot.Title("Next-token cross-entropy");
        plot.XLabel("step");
        plot.YLabel("nats per token");
        var steps = curve.Select(static point => (double)point.Step).ToArray();
        var training = plot.Add.ScatterLine(steps, [.. curve.Select(static point => point.Loss)]);
        training.LegendText = "training";
        var heldOut = plot.Add.ScatterLine(steps, [.. curve.Select(static point => point.HeldOutLoss)]);
        heldOut.LegendText = "held out";
        plot.Axes.SetLimitsY(0, curve.Max(static point => Math.Max(point.Loss, point.HeldOutLoss)) * 1.05);
        plot.ShowLegend();
        var picture = plot.GetImageBytes(900, 450, ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(picture));
    }
}
