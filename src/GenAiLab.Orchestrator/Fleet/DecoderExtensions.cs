using GenAiLab.ServiceDefaults;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;

namespace GenAiLab.Orchestrator.Fleet;

/// <summary>Registers the decoders: one client, or a fleet.</summary>
internal static class DecoderExtensions
{
    private const string Service = "decoder";
    private const int MaximumMessageBytes = 64 * 1024 * 1024;

    public static void AddDecoders(this IServiceCollection services, IConfiguration configuration)
    {
        var inProcess = services.Any(static service => service.ServiceType == typeof(V1.Decoder.DecoderClient));
        services.AddServiceClient<V1.Decoder.DecoderClient>(Service);
        services.AddOptions<FleetOptions>()
            .BindConfiguration("Decoders")
            .Validate(static options => options.IsValid(), "a setting in the section Decoders is out of range")
            .ValidateOnStart();
        if (inProcess || ReplicaAddresses.From(configuration, Service) is not { } addresses)
        {
            services.AddSingleton<IDecoders, SingleDecoder>();
            return;
        }

        services.AddSingleton(provider =>
        {
            // The handlers that every client of a service has, whatever they do for it.
            var handlers = provider.GetRequiredService<IHttpMessageHandlerFactory>();
            HttpMessageHandler Handler()
            {
                var handler = handlers.CreateHandler(nameof(V1.Decoder.DecoderClient));
                return addresses.CommonName is { } name ? new ReplicaNameHandler(name, handler) : handler;
            }

            return new DecoderFleet(
                addresses,
                address => GrpcChannel.ForAddress(address, new GrpcChannelOptions
                {
                    HttpHandler = Handler(),
                    MaxReceiveMessageSize = MaximumMessageBytes,
                    LoggerFactory = provider.GetRequiredService<ILoggerFactory>(),
                }),
                provider.GetRequiredService<IOptions<FleetOptions>>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<DecoderFleet>>());
        });
        services.AddSingleton<IDecoders>(static provider => provider.GetRequiredService<DecoderFleet>());
        services.AddHostedService(static provider => provider.GetRequiredService<DecoderFleet>());
    }
}
