using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;

namespace GenAiLab.Client;

/// <summary>
/// Where a service is: one address, a list, or a name that stands for many. Calls are spread in turn (round robin) over
/// those that can be reached: an orchestrator keeps nothing between calls, so any of them will do.
/// </summary>
internal sealed class ReplicaAddresses
{
    private const string Dns = "dns";

    private readonly IReadOnlyList<Uri> _addresses;

    /// <exception cref="ArgumentException">The addresses have several schemes, or none is given.</exception>
    public ReplicaAddresses(IReadOnlyList<Uri> addresses)
    {
        _addresses = addresses;
        Scheme = addresses.Select(static address => address.Scheme).Distinct().ToList() is [var scheme]
            ? scheme
            : throw new ArgumentException("at least one address, all of one scheme", nameof(addresses));
        if (addresses.Count > 1 && Scheme != Uri.UriSchemeHttp && Scheme != Uri.UriSchemeHttps)
        {
            throw new ArgumentException($"several addresses are http or https, not {Scheme}", nameof(addresses));
        }
    }

    public string Scheme { get; }

    /// <summary>What gRPC's resolvers look up.</summary>
    public Uri Target => _addresses.Count == 1 ? _addresses[0] : new Uri("static:///replicas");

    public void Balance(GrpcChannelOptions options, bool secure)
    {
        if (_addresses.Count == 1 && Scheme != Dns)
        {
            return;
        }

        options.Credentials = secure ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure;
        options.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() }, MethodConfigs = { Retry } };
        if (_addresses.Count > 1)
        {
            options.ServiceProvider = new Resolvers(new StaticResolverFactory(
                _ => _addresses.Select(static address => new BalancerAddress(address.Host, address.Port))));
        }
    }

    /// <summary>
    /// gRPC retries only what no response header came for. The orchestrator's calls change nothing, so one that was lost on
    /// the way may run twice; those of other services are not retried.
    /// </summary>
    private static MethodConfig Retry => new()
    {
        Names = { new MethodName { Service = V1.Orchestrator.Descriptor.FullName } },
        RetryPolicy = new RetryPolicy
        {
            MaxAttempts = 4,
            InitialBackoff = TimeSpan.FromMilliseconds(50),
            MaxBackoff = TimeSpan.FromSeconds(1),
            BackoffMultiplier = 3,
            RetryableStatusCodes = { StatusCode.Unavailable },
        },
    };

    /// <summary>The one service that a channel asks for.</summary>
    private sealed class Resolvers(ResolverFactory factory) : IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(IEnumerable<ResolverFactory>) ? new[] { factory } : null;
    }
}
