using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.ServiceDefaults.Telemetry;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GenAiLab.ServiceDefaults;

/// <summary>What every service of the lab does alike: gRPC limits and errors, security, health, reflection, telemetry, discovery.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>The largest message that a service accepts, in bytes; above it the call ends with RESOURCE_EXHAUSTED.</summary>
    public const int MaximumReceiveMessageBytes = 4 * 1024 * 1024;

    /// <summary>Adds gRPC with the lab's limits, error mapping, health, reflection, OpenTelemetry and service discovery.</summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="serviceName">The name in traces, metrics and logs, unless OTEL_SERVICE_NAME says otherwise.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, string serviceName)
        where TBuilder : IHostApplicationBuilder
    {
        NativeHeap.GiveBackWhatIsLarge();
        StartPhase.Add(builder);
        UnreadableMessages.Add(builder);
        builder.AddTelemetry(serviceName);
        builder.AddServiceSecurity();
        builder.Services.AddGrpc(ConfigureGrpc);
        builder.Services.AddGrpcReflection();
        builder.Services.AddServiceHealth();
        builder.Services.AddServiceDiscovery();
        builder.Services.AddHostedService<NativeHeap>();
        if (builder.Configuration["Lifetime:EndWithStandardInput"] is "true" or "True")
        {
            builder.Services.AddHostedService<StandardInputLifetime>();
        }

        var keepAlive = KeepAlive.From(builder.Configuration);
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // gRPC streams have no end; single messages are limited above.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1024;
            kestrel.Limits.Http2.KeepAlivePingDelay = keepAlive.PingAfter;
            kestrel.Limits.Http2.KeepAlivePingTimeout = keepAlive.PingTimeout;
        });
        return builder;
    }

    /// <summary>
    /// Maps gRPC health, and HTTP/1.1 <c>/health</c> (ready) and <c>/alive</c> (running) in every
    /// environment: an HTTP/2-only port cannot answer an HTTP probe. Maps reflection where
    /// <c>Security:Reflection</c> allows it, and <c>/metrics</c> where <c>Telemetry:Prometheus</c> is on.
    /// API keys, where there are any, guard every method and every other endpoint that is mapped.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseTakenBack();
        app.UseUnreadableMessages();
        app.UseHttpLimits(app.Services.GetRequiredService<SecurityOptions>());
        app.UseApiKeys();
        app.UsePrometheusEndpoint();
        app.MapGrpcHealthChecksService();
        if (app.Describes())
        {
            app.MapGrpcReflectionService();
        }

        app.MapHealthChecks("/health").WithMetadata(new OpenToEveryone());
        app.MapGet("/alive", static () => Results.Text("alive")).WithMetadata(new OpenToEveryone());
        return app;
    }

    private static void ConfigureGrpc(GrpcServiceOptions options)
    {
        options.MaxReceiveMessageSize = MaximumReceiveMessageBytes;
        options.EnableDetailedErrors = false;
        options.Interceptors.Add<RpcMeterInterceptor>();
        options.Interceptors.Add<ErrorInterceptor>();
    }
}
