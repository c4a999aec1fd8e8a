using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Serving;
using GenAiLab.ServiceDefaults.Health;

namespace GenAiLab.Decoder;

/// <summary>Adds the decoder to a host.</summary>
public static class DecoderServiceExtensions
{
    /// <summary>
    /// Adds the decoder, its background loading and the readiness "decoder". Reads <c>Models:Root</c>,
    /// <c>Models:Default</c> and the section <c>Decoder</c>.
    /// </summary>
    public static IHostApplicationBuilder AddDecoder(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<DecoderOptions>()
            .BindConfiguration("Decoder")
            .Validate(static options => options.IsValid(), "a setting in the section Decoder is out of range")
            .ValidateOnStart();
        builder.Services.AddMetrics();
        builder.Services.AddServiceReadiness("decoder");
        builder.Services.AddSingleton<DecoderTelemetry>();
        builder.Services.AddSingleton<DecoderCatalog>();
        builder.Services.AddSingleton(static provider => new DecoderGrpcService(
            provider.GetRequiredService<DecoderCatalog>(), provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<DecoderOptions>>()));
        builder.Services.AddSingleton<TrainingRecordsGrpcService>();
        builder.Services.AddSingleton<ModelLoading>();
        builder.Services.AddSingleton<AttentionReading>();
        builder.Services.AddSingleton(static provider => new AttentionMapsGrpcService(provider.GetRequiredService<AttentionReading>()));
        builder.Services.AddSingleton<ServiceDrain>();
        builder.Services.AddSingleton(static provider => new DecoderControlGrpcService(
            provider.GetRequiredService<DecoderCatalog>(), provider.GetRequiredService<ModelLoading>(), provider.GetRequiredService<ServiceDrain>(),
            provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<DecoderOptions>>().Value));
        builder.Services.AddHostedService<DecoderLoader>();
        builder.Services.AddHostedService(static provider => provider.GetRequiredService<ServiceDrain>());
        // The host's patience with its services begins before the drain does. It is asked for before the options are
        // verified: one that is out of range is to be told at the start, and not by an exception here.
        builder.Services.AddOptions<HostOptions>().Configure<IConfiguration>(static (host, configuration) =>
        {
            var grace = (configuration.GetSection("Decoder").Get<DecoderOptions>() ?? new DecoderOptions()).DrainGrace;
            host.ShutdownTimeout = TimeSpan.FromTicks(Math.Max(host.ShutdownTimeout.Ticks, (grace + ServiceDrain.Margin).Ticks));
        });
        return builder;
    }

    /// <summary>Maps the gRPC services.</summary>
    public static IEndpointRouteBuilder MapDecoder(this IEndpointRouteBuilder app)
    {
        app.MapGrpcService<DecoderGrpcService>();
        app.MapGrpcService<DecoderControlGrpcService>();
        app.MapGrpcService<TrainingRecordsGrpcService>();
        app.MapGrpcService<AttentionMapsGrpcService>();
        return app;
    }
}
