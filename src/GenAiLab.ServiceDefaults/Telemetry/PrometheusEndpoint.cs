using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace GenAiLab.ServiceDefaults.Telemetry;

/// <summary><c>/metrics</c> for Prometheus, beside OTLP. On with configuration <c>Telemetry:Prometheus</c>.</summary>
internal static class PrometheusEndpoint
{
    public const string Path = "/metrics";

    public static bool IsOn(IConfiguration configuration) => configuration.GetValue("Telemetry:Prometheus", false);

    /// <summary>
    /// Answers HTTP/1.1 alone, so never on the gRPC endpoint, which speaks HTTP/2 alone: that one may be
    /// open to callers who have no business in here.
    /// </summary>
    public static void UsePrometheusEndpoint(this WebApplication app)
    {
        if (IsOn(app.Configuration))
        {
            app.UseOpenTelemetryPrometheusScrapingEndpoint(static context =>
                HttpProtocol.IsHttp11(context.Request.Protocol) && context.Request.Path == Path);
        }
    }
}
