using GenAiLab.ServiceDefaults.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// OpenTelemetry traces, metrics and logs, exported over OTLP when OTEL_EXPORTER_OTLP_ENDPOINT is set; metrics
/// for Prometheus as well when <c>Telemetry:Prometheus</c> is.
/// </summary>
public static class TelemetryExtensions
{
    /// <summary>Every activity source and meter of the lab has a name that begins with this.</summary>
    public const string SourcePrefix = "GenAiLab.";

    /// <summary>Adds the three signals under one service name.</summary>
    public static void AddTelemetry(this IHostApplicationBuilder builder, string serviceName)
    {
        builder.Services.AddMetrics();
        builder.Services.TryAddSingleton<RpcMeter>();
        var pushes = !string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var isScraped = PrometheusEndpoint.IsOn(builder.Configuration);
        if (!pushes && !isScraped)
        {
            return;
        }

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
            {
                // OTEL_SERVICE_NAME, set by Aspire among others, wins.
                if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_SERVICE_NAME"]))
                {
                    resource.AddService(serviceName);
                }
            })
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(SourcePrefix + "*")
                    .AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddRuntimeInstrumentation();
                if (isScraped)
                {
                    metrics.AddPrometheusExporter();
                }
            });
        if (pushes)
        {
            builder.Logging.AddOpenTelemetry(static logging =>
            {
                logging.IncludeFormattedMessage = true;
                logging.IncludeScopes = true;
            });
            telemetry
                .WithTracing(static tracing => tracing
                    .AddSource(SourcePrefix + "*")
                    // The gRPC client's own span is the parent of its HTTP request: without it the trace has a gap.
                    .AddSource("Grpc.Net.Client")
                    .AddAspNetCoreInstrumentation(static options => options.Filter = static context => !IsProbe(context.Request.Path.Value))
                    .AddHttpClientInstrumentation()
                    .AddProcessor<RpcSpanProcessor>())
                .UseOtlpExporter();
        }
    }

    /// <summary>Whether a path is asked for by what watches the service, every few seconds, and says nothing of its use.</summary>
    internal static bool IsProbe(string? path) =>
        path is "/health" or "/alive" or PrometheusEndpoint.Path or "/genailab.v1.Decoder/ReportLoad"
        || path?.StartsWith("/grpc.health.", StringComparison.Ordinal) == true;
}
