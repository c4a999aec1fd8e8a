using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace GenAiLab.Orchestrator.Telemetry;

/// <summary>
/// The histograms of the OpenTelemetry GenAI conventions, in seconds. Models are tagged by the names
/// that are served, never by what a caller asked for, so that callers cannot grow the series.
/// </summary>
internal sealed class GenerationMeter
{
    private readonly Histogram<double> _operationDuration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _timePerOutputToken;

    public GenerationMeter(IMeterFactory factory)
    {
        var meter = factory.Create("GenAiLab.Orchestrator");
        _operationDuration = meter.CreateHistogram(
            "gen_ai.client.operation.duration", "s", "GenAI operation duration.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });
        _timeToFirstToken = meter.CreateHistogram(
            "gen_ai.server.time_to_first_token", "s", "Time to generate first token for successful responses.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });
        // The convention's lowest boundary is 0.01; the lab's models take well under a millisecond a token.
        _timePerOutputToken = meter.CreateHistogram(
            "gen_ai.server.time_per_output_token", "s", "Time per output token generated after the first token for successful responses.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5] });
    }

    /// <summary>A generation has ended, well or with an error type.</summary>
    public void RecordOperation(string operation, TimeSpan duration, string? model, string? errorType)
    {
        var tags = Tags(operation, model);
        if (errorType is not null)
        {
            tags.Add("error.type", errorType);
        }

        _operationDuration.Record(duration.TotalSeconds, tags);
    }

    /// <summary>A generation has succeeded with at least one token.</summary>
    public void RecordTokens(string operation, string model, TimeSpan timeToFirstToken, TimeSpan afterFirstToken, int tokens)
    {
        var tags = Tags(operation, model);
        _timeToFirstToken.Record(timeToFirstToken.TotalSeconds, tags);
        if (tokens > 1)
        {
            _timePerOutputToken.Record(afterFirstToken.TotalSeconds / (tokens - 1), tags);
        }
    }

    private static TagList Tags(string operation, string? model)
    {
        var tags = new TagList { { "gen_ai.operation.name", operation }, { "gen_ai.provider.name", "genailab" } };
        if (model is not null)
        {
            tags.Add("gen_ai.request.model", model);
            tags.Add("gen_ai.response.model", model);
        }

        return tags;
    }
}
