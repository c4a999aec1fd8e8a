using System.Diagnostics.Metrics;

namespace GenAiLab.Preferences;

/// <summary>Figures of the Preferences: counts alone, never who said what. The calls' own spans are gRPC's.</summary>
internal sealed class PreferencesTelemetry
{
    private readonly Counter<long> _recorded;
    private readonly Counter<long> _retried;
    private readonly Counter<long> _imported;
    private readonly Counter<long> _deleted;
    private readonly Histogram<double> _seconds;

    public PreferencesTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create("GenAiLab.Preferences");
        _recorded = meter.CreateCounter<long>("genailab.preferences.recorded", "{preference}", "Preferences recorded one by one.");
        _retried = meter.CreateCounter<long>("genailab.preferences.retried", "{preference}", "Records that were stored before.");
        _imported = meter.CreateCounter<long>("genailab.preferences.imported", "{preference}", "Preferences imported.");
        _deleted = meter.CreateCounter<long>("genailab.preferences.deleted", "{preference}", "Preferences deleted.");
        _seconds = meter.CreateHistogram(
            "genailab.preferences.record.duration", "s", "From the request to the disk.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
    }

    public void Recorded(bool wasThere, TimeSpan duration)
    {
        (wasThere ? _retried : _recorded).Add(1);
        _seconds.Record(duration.TotalSeconds);
    }

    public void Imported(long preferences) => _imported.Add(preferences);

    public void Deleted() => _deleted.Add(1);
}
