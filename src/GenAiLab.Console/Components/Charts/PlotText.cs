using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;

namespace GenAiLab.WebConsole.Components.Charts;

/// <summary>A point of a plot as text.</summary>
internal static class PlotText
{
    /// <summary>Its value and its interval; empty: there is none.</summary>
    /// <param name="point">The point.</param>
    /// <param name="counted">Says also how many observations it rests on.</param>
    public static string Of(PlotPoint? point, bool counted = true) =>
        point is null ? "" : $"{ReportText.Short(point.Y)}{Interval(point)}{(counted && point.N is { } n ? $", N {n}" : "")}";

    private static string Interval(PlotPoint point) => point is { Low: { } low, High: { } high } ? $" [{ReportText.Short(low)}, {ReportText.Short(high)}]" : "";
}
