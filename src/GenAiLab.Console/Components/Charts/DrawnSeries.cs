using GenAiLab.Experiments;

namespace GenAiLab.WebConsole.Components.Charts;

/// <summary>A series as the chart library takes it: it reads properties by their names and knows no absent number.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Form">How it is drawn.</param>
/// <param name="Points">Their X rises.</param>
public sealed record DrawnSeries(string Name, PlotForm Form, IReadOnlyList<DrawnPoint> Points)
{
    /// <summary>A series of a plot.</summary>
    public static DrawnSeries Of(PlotSeries series, IReadOnlyList<string> categories) => new(series.Name, series.Form, [.. series.Points.Select(point =>
        new DrawnPoint(point.X, categories.Count == 0 ? "" : categories[(int)point.X], point.Y, point.Low ?? point.Y, point.High ?? point.Y, point))]);
}

/// <summary>A point of a drawn series.</summary>
/// <param name="X">Where.</param>
/// <param name="Category">Its name, where the places have names.</param>
/// <param name="Y">How much.</param>
/// <param name="Low">Where its interval begins; Y, where there is none.</param>
/// <param name="High">Where it ends.</param>
/// <param name="Of">What it was made of.</param>
public sealed record DrawnPoint(double X, string Category, double Y, double Low, double High, PlotPoint Of);
