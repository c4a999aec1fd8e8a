using System.Globalization;
using GenAiLab.Benchmarks.Reporting;

namespace GenAiLab.Benchmarks.Curves;

/// <summary>A measured value of a curve.</summary>
/// <param name="X">What was varied.</param>
/// <param name="Rounds">What was measured, a value for each round.</param>
public sealed record CurvePoint(double X, IReadOnlyList<double> Rounds)
{
    /// <summary>The median of the rounds.</summary>
    public double Median => Statistics.Median(Rounds);
}

/// <summary>One line of a curve.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">By rising <see cref="CurvePoint.X"/>.</param>
public sealed record CurveSeries(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>How something grows with something else.</summary>
/// <param name="Name">Of its files.</param>
/// <param name="Title">Of its picture.</param>
/// <param name="X">What is varied, with its unit.</param>
/// <param name="Y">What is measured, with its unit.</param>
/// <param name="Series">Its lines.</param>
public sealed record Curve(string Name, string Title, string X, string Y, IReadOnlyList<CurveSeries> Series)
{
    /// <summary>A line of text for each point.</summary>
    public IEnumerable<string> Lines() => Series.SelectMany(series => series.Points.Select(point => string.Create(
        CultureInfo.InvariantCulture, $"{Title,-44} {series.Name,-24} {X} {point.X,9:0.##}   {Y} {point.Median,10:0.###}")));
}
