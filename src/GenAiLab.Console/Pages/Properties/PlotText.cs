using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;

namespace GenAiLab.WebConsole.Pages.Properties;

/// <summary>A point of a plot as text.</summary>
internal static class PlotText
{
    /// <summary>Its value, its interval and how many observations it rests on; empty: there is none.</summary>
    public static string Of(PlotPoint? point) => point is null ? "" : $"{ReportText.Short(point.Y)}{Interval(point)}{(point.N is { } n ? $", N {n}" : "")}";

    private static string Interval(PlotPoint point) => point is { Low: { } low, High: { } high } ? $" [{ReportText.Short(low)}, {ReportText.Short(high)}]" : "";
}
