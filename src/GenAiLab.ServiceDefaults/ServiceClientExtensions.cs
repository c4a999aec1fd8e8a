using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace GenAiLab.ServiceDefaults;

/// <summary>gRPC clients of the lab's other services, found by service discovery.</summary>
public static class ServiceClientExtensions
{
    /// <summary>
    /// Adds a client of the service called <paramref name="serviceName"/>, at its endpoint "grpc"
    /// (configuration <c>services:NAME:grpc:0</c>). It has no HTTP resilience handler: attempt timeouts
    /// and retries of HTTP break streams; deadlines and retries are gRPC's own. A client that is
    /// registered already, for direct calls in one process, stays.
    /// </summary>
    public static IServiceCollection AddServiceClient<TClient>(this IServiceCollection services, string serviceName)
        where TClient : ClientBase
    {
        if (services.Any(static service => service.ServiceType == typeof(TClient)))
        {
            return services;
        }

        services.AddGrpcClient<TClient>(options => options.Address = new Uri($"http://_grpc.{serviceName}"))
            .ConfigureChannel(static channel => channel.MaxReceiveMessageSize = 64 * 1024 * 1024)
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                KeepAlivePingDelay = TimeSpan.FromSeconds(30),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            })
            .AddServiceDiscovery();
        return services;
    }
}
