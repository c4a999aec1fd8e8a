using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace GenAiLab.Classifier;

/// <summary>Spans and figures of the Classifier: counts and names, never a caller's text.</summary>
internal sealed class ClassifierTelemetry : IDisposable
{
    private const string Name = "GenAiLab.Classifier";
    private readonly ActivitySource _source = new(Name);
    private readonly Counter<long> _tokens;
    private readonly Histogram<double> _seconds;

    public ClassifierTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _tokens = meter.CreateCounter<long>("genailab.classifier.tokens", "{token}", "Tokens classified.");
        _seconds = meter.CreateHistogram(
            "genailab.classifier.model.duration", "s", "Time in the model per call.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
    }

    public Activity? Start(string model) => _source.StartActivity("classifier.classify")?.SetTag("genailab.model", model);

    public void Classified(Activity? activity, string model, int tokens, TimeSpan inModel)
    {
        activity?.SetTag("genailab.tokens", tokens);
        var tag = new KeyValuePair<string, object?>("genailab.model", model);
        _tokens.Add(tokens, tag);
        _seconds.Record(inModel.TotalSeconds, tag);
    }

    public void Dispose() => _source.Dispose();
}
