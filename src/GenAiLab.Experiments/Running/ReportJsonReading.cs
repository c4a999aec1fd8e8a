using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace GenAiLab.Experiments.Running;

/// <content>What was written is read again: null is a figure that is not a number.</content>
public static partial class ReportJson
{
    /// <summary>Reads what <see cref="Write(IReadOnlyList{ExperimentReport}, int, bool)"/> has written.</summary>
    /// <returns>False: it is something else.</returns>
    public static bool TryRead(string text, [NotNullWhen(true)] out IReadOnlyList<ExperimentReport>? reports)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            reports = [.. json.RootElement.GetProperty("experiments").EnumerateArray().Select(Report)];
            return true;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            reports = null;
            return false;
        }
    }

    private static ExperimentReport Report(JsonElement report) => new(
        Text(report, "name"), Text(report, "lesson_says"), Text(report, "does"), [.. Items(report, "measurements").Select(Measured)],
        report.GetProperty("seconds").GetDouble(), report.GetProperty("error").GetString())
    {
        Plots = [.. Items(report, "plots").Select(Plot)],
    };

    private static Measurement Measured(JsonElement measured) => new(
        Text(measured, "what"), Figure(measured, "value"), Figure(measured, "low"), Figure(measured, "high"), measured.GetProperty("n").GetInt64(),
        Optional(measured, "at_least") is null && Optional(measured, "at_most") is null
            ? Criterion.Reported
            : new Criterion(Optional(measured, "at_least"), Optional(measured, "at_most")));

    private static ExperimentPlot Plot(JsonElement plot) => new(Text(plot, "title"), Text(plot, "across"), Text(plot, "up"), [.. Items(plot, "series").Select(Series)])
    {
        Categories = [.. Items(plot, "categories").Select(static category => category.GetString() ?? "")],
    };

    private static PlotSeries Series(JsonElement series) => new(
        Text(series, "name"), Text(series, "form") switch { "line" => PlotForm.Line, "bars" => PlotForm.Bars, _ => PlotForm.Points },
        [
            .. Items(series, "points").Select(static point => new PlotPoint(
                Figure(point, "x"), Figure(point, "y"), Optional(point, "low"), Optional(point, "high"),
                point.GetProperty("n") is { ValueKind: JsonValueKind.Number } count ? count.GetInt64() : null)),
        ]);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) => element.GetProperty(name).EnumerateArray();

    private static double Figure(JsonElement element, string name) => Optional(element, name) ?? double.NaN;

    private static double? Optional(JsonElement element, string name) =>
        element.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
}
