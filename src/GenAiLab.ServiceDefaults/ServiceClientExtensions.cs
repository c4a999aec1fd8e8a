using GenAiLab.ServiceDefaults.Security;
using Grpc.Core;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace GenAiLab.ServiceDefaults;

/// <summary>gRPC clients of the lab's other services, found by service discovery.</summary>
public static class ServiceClientExtensions
{
    /// <summary>
    /// Adds a client of the service called <paramref name="serviceName"/>, at its endpoint "grpc"
    /// (configuration <c>services:NAME:grpc:0</c>). It has no HTTP resilience handler: attempt timeouts
    /// and retries of HTTP break streams; deadlines and retries are gRPC's own. It uses TLS where
    /// <c>Tls:Authority</c> is set or its address is https, and sends <c>ApiKeys:Outgoing</c> where there is
    /// one. A client that is registered already, for direct calls in one process, stays.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="serviceName">The service's name in service discovery.</param>
    /// <param name="anyReplica">
    /// The service holds no state: a unary call whose connection breaks goes to another replica
    /// (<c>services:NAME:grpc:1</c> and so on), or to the same when it is back soon.
    /// </param>
    public static IServiceCollection AddServiceClient<TClient>(this IServiceCollection services, string serviceName, bool anyReplica = false)
        where TClient : ClientBase
    {
        if (services.Any(static service => service.ServiceType == typeof(TClient)))
        {
            return services;
        }

        var client = services.AddGrpcClient<TClient>((provider, options) => options.Address = new Uri($"{Scheme(provider, serviceName)}://_grpc.{serviceName}"))
            .ConfigureChannel(static channel => channel.MaxReceiveMessageSize = 64 * 1024 * 1024)
            .ConfigurePrimaryHttpMessageHandler(provider =>
            {
                var keepAlive = KeepAlive.From(provider.GetRequiredService<IConfiguration>());
                var handler = new SocketsHttpHandler
                {
                    EnableMultipleHttp2Connections = true,
                    ConnectTimeout = TimeSpan.FromSeconds(5),
                    KeepAlivePingDelay = keepAlive.PingAfter,
                    KeepAlivePingTimeout = keepAlive.PingTimeout,
                };
                if (provider.GetService<ServiceTls>()?.ForCalls(serviceName) is { } tls)
                {
                    handler.SslOptions = tls;
                }

                return handler;
            })
            .AddHttpMessageHandler(static provider => new OutgoingApiKey(provider.GetRequiredService<IConfiguration>()["ApiKeys:Outgoing"]))
            .AddServiceDiscovery();
        if (anyReplica)
        {
            client.AddInterceptor(InterceptorScope.Channel, static provider => new AnotherReplica(provider.GetService<TimeProvider>() ?? TimeProvider.System));
        }

        return services;
    }

    private static string Scheme(IServiceProvider provider, string serviceName) =>
        provider.GetService<SecurityOptions>()?.CallsTls == true
        || provider.GetRequiredService<IConfiguration>()[$"services:{serviceName}:grpc:0"]?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true
            ? "https"
            : "http";
}
