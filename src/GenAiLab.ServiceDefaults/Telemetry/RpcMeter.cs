using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults.Telemetry;

/// <summary>
/// Calls by method and status: <c>rpc.server.call.duration</c> of the OpenTelemetry RPC conventions, in
/// seconds. Only methods that exist get here, so callers cannot grow the series.
/// </summary>
public sealed class RpcMeter
{
    private readonly Histogram<double> _duration;

    /// <summary>One for all services of a process.</summary>
    public RpcMeter(IMeterFactory meters) =>
        _duration = meters.Create(TelemetryExtensions.SourcePrefix + "Rpc").CreateHistogram(
            "rpc.server.call.duration", "s", "Duration of inbound calls.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });

    /// <summary>A call has ended.</summary>
    /// <param name="method">Full name, with or without a leading slash.</param>
    /// <param name="status">As its caller sees it.</param>
    /// <param name="duration">From its first message to its end.</param>
    public void Record(string method, StatusCode status, TimeSpan duration)
    {
        if (TelemetryExtensions.IsProbe(method))
        {
            return;
        }

        var name = RpcStatus.Name(status);
        var tags = new TagList { { "rpc.system.name", "grpc" }, { "rpc.method", method.TrimStart('/') }, { "rpc.response.status_code", name } };
        if (RpcStatus.IsServerFault(status))
        {
            tags.Add("error.type", name);
        }

        _duration.Record(duration.TotalSeconds, tags);
    }
}
