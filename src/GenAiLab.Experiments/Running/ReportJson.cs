using System.Text.Json;

namespace GenAiLab.Experiments.Running;

/// <summary>Reports as JSON. Field names are stable; a figure that is not a number is null.</summary>
public static partial class ReportJson
{
    /// <summary>Writes <c>{"passed", "seed", "quick", "experiments": [...]}</c>, indented.</summary>
    public static string Write(IReadOnlyList<ExperimentReport> reports, int seed, bool quick)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteBoolean("passed", reports.All(static report => report.Passed));
            json.WriteNumber("seed", seed);
            json.WriteBoolean("quick", quick);
            json.WriteStartArray("experiments");
            foreach (var report in reports)
            {
                Write(json, report);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, ExperimentReport report)
    {
        json.WriteStartObject();
        json.WriteString("name", report.Name);
        json.WriteString("lesson_says", report.LessonSays);
        json.WriteString("does", report.Does);
        json.WriteBoolean("passed", report.Passed);
        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        json.WriteString("error", report.Error);
        json.WriteStartArray("measurements");
        foreach (var measurement in report.Measurements)
        {
            json.WriteStartObject();
            json.WriteString("what", measurement.What);
            json.WriteNumber("n", measurement.N);
            Number(json, "value", measurement.Value);
            Number(json, "low", measurement.Low);
            Number(json, "high", measurement.High);
            Number(json, "at_least", measurement.Criterion.AtLeast);
            Number(json, "at_most", measurement.Criterion.AtMost);
            json.WriteBoolean("passed", measurement.Passed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("plots");
        foreach (var plot in report.Plots)
        {
            Write(json, plot);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ExperimentPlot plot)
    {
        json.WriteStartObject();
        json.WriteString("title", plot.Title);
        json.WriteString("across", plot.Across);
        json.WriteString("up", plot.Up);
        json.WriteStartArray("categories");
        foreach (var category in plot.Categories)
        {
            json.WriteStringValue(category);
        }

        json.WriteEndArray();
        json.WriteStartArray("series");
        foreach (var series in plot.Series)
        {
            json.WriteStartObject();
            json.WriteString("name", series.Name);
            json.WriteString("form", series.Form switch { PlotForm.Line => "line", PlotForm.Bars => "bars", _ => "points" });
            json.WriteStartArray("points");
            foreach (var point in series.Points)
            {
                json.WriteStartObject();
                Number(json, "x", point.X);
                Number(json, "y", point.Y);
                Number(json, "low", point.Low);
                Number(json, "high", point.High);
                Number(json, "n", point.N);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
