namespace GenAiLab.Experiments;

/// <summary>Figures that are better seen than read one by one. What draws it, and how, is not said here.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Across">The horizontal axis, with its unit where it has one.</param>
/// <param name="Up">The vertical axis, with its unit where it has one.</param>
/// <param name="Series">At least one; each has at least one point.</param>
public sealed record ExperimentPlot(string Title, string Across, string Up, IReadOnlyList<PlotSeries> Series)
{
    /// <summary>Names of the places 0, 1 and so on of the horizontal axis; empty: it has numbers.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];
}

/// <summary>Points that belong together.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Form">How they are drawn.</param>
/// <param name="Points">Their X rises.</param>
public sealed record PlotSeries(string Name, PlotForm Form, IReadOnlyList<PlotPoint> Points);

/// <summary>How a series is drawn.</summary>
public enum PlotForm
{
    /// <summary>Marks on their own, with their intervals.</summary>
    Points,

    /// <summary>A line from point to point.</summary>
    Line,

    /// <summary>Bars from 0.</summary>
    Bars,
}

/// <summary>A point of a plot.</summary>
/// <param name="X">Where: a number, or the place of a category.</param>
/// <param name="Y">How much.</param>
/// <param name="Low">Lower bound of the 95 % interval of Y; null: it has none.</param>
/// <param name="High">Upper bound.</param>
/// <param name="N">How many observations it rests on; null: it was not observed.</param>
public sealed record PlotPoint(double X, double Y, double? Low = null, double? High = null, long? N = null)
{
    /// <summary>An estimate at a place.</summary>
    public static PlotPoint Of(double x, Statistics.Interval estimate) => new(x, estimate.Value, estimate.Low, estimate.High, estimate.N);
}
