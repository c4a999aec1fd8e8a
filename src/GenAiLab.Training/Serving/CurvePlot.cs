using GenAiLab.Models.Folders;
using GenAiLab.Training.Optimization;
using ScottPlot;

namespace GenAiLab.Training.Serving;

/// <summary>One panel of a picture of curves.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Unit">What the vertical axis counts.</param>
/// <param name="Lines">Names in <see cref="CurvePoint.Values"/> with the names for the reader.</param>
public sealed record CurvePanel(string Title, string Unit, IReadOnlyDictionary<string, string> Lines);

/// <summary>The curves of a stage as a picture, a panel for each group of figures.</summary>
internal static class CurvePlot
{
    private const int Width = 600;
    private const int Height = 360;

    public static void Save(string path, IReadOnlyList<CurvePoint> curve, IReadOnlyList<CurvePanel> panels)
    {
        var columns = Math.Min(2, panels.Count);
        var multiplot = new Multiplot();
        multiplot.AddPlots(panels.Count);
        multiplot.Layout = new ScottPlot.MultiplotLayouts.Grid((panels.Count + columns - 1) / columns, columns);
        for (var at = 0; at < panels.Count; at++)
        {
            Draw(multiplot.GetPlot(at), curve, panels[at]);
        }

        var picture = multiplot.Render(columns * Width, (panels.Count + columns - 1) / columns * Height).GetImageBytes(ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(picture));
    }

    private static void Draw(Plot plot, IReadOnlyList<CurvePoint> curve, CurvePanel panel)
    {
        plot.Title(panel.Title);
        plot.XLabel("step");
        plot.YLabel(panel.Unit);
        foreach (var (name, label) in panel.Lines)
        {
            var points = curve.Where(point => point.Values.TryGetValue(name, out var value) && double.IsFinite(value)).ToList();
            if (points.Count == 0)
            {
                continue;
            }

            var line = plot.Add.ScatterLine(
                points.Select(static point => (double)point.Step).ToArray(), points.Select(point => point.Values[name]).ToArray());
            line.LegendText = label;
        }

        if (panel.Lines.Count > 1)
        {
            plot.ShowLegend();
        }
        else
        {
            plot.HideLegend();
        }
    }
}
