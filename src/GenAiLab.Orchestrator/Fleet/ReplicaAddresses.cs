using System.Net;
using System.Net.Sockets;

namespace GenAiLab.Orchestrator.Fleet;

/// <summary>Where replicas are found.</summary>
internal abstract record ReplicaAddresses
{
    /// <summary>The most replicas that are used; further addresses are left out.</summary>
    public const int MaximumReplicas = 1024;

    private const string StaticPrefix = "static:";
    private const string DnsPrefix = "dns:///";

    /// <summary>Name and port that stand for all of them; null: each has its own address only.</summary>
    public virtual string? CommonName => null;

    /// <summary>The replicas that there are now, in the order of their addresses.</summary>
    /// <exception cref="SocketException">The name server does not answer, or knows no address.</exception>
    public abstract ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellation);

    /// <summary>
    /// Reads <c>Services:NAME</c>, <c>dns:///host:port</c> or <c>static:host:port,host:port</c>; or else the
    /// list <c>Services:NAME:grpc:0</c>, <c>:1</c> and so on. Where <c>Tls:Authority</c> is set and an address has
    /// no scheme, it is https.
    /// </summary>
    /// <returns>Null: one address or none; nothing to choose from.</returns>
    /// <exception cref="FormatException">An address cannot be read; the message names the setting.</exception>
    public static ReplicaAddresses? From(IConfiguration configuration, string service)
    {
        var key = $"Services:{service}";
        var scheme = string.IsNullOrEmpty(configuration["Tls:Authority"]) ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        switch (configuration[key])
        {
            case { } value when value.StartsWith(DnsPrefix, StringComparison.Ordinal):
                return new Named(Parse(value[DnsPrefix.Length..], scheme, key));
            case { } value when value.StartsWith(StaticPrefix, StringComparison.Ordinal):
                return new Listed([.. value[StaticPrefix.Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Select(address => Parse(address, scheme, key)).Distinct().Take(MaximumReplicas)]);
            case { Length: > 0 }:
                throw new FormatException($"{key} is neither {DnsPrefix}host:port nor {StaticPrefix}host:port,host:port");
        }

        Uri[] listed = [.. configuration.GetSection($"{key}:grpc").GetChildren()
            .Select(child => child.Value).OfType<string>().Select(address => Parse(address, scheme, $"{key}:grpc")).Distinct().Take(MaximumReplicas)];
        return listed.Length > 1 ? new Listed(listed) : null;
    }

    private static Uri Parse(string address, string scheme, string key) =>
        Uri.TryCreate(address.Contains("://", StringComparison.Ordinal) ? address : $"{scheme}://{address}", UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.Host.Length > 0
            ? uri
            : throw new FormatException($"{key}: '{address}' is no address like 10.0.0.1:5103");

    /// <summary>A list that does not change.</summary>
    private sealed record Listed(IReadOnlyList<Uri> Replicas) : ReplicaAddresses
    {
        public override ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellation) => new(Replicas);
    }

    /// <summary>All addresses of a name, which come and go.</summary>
    private sealed record Named(Uri Name) : ReplicaAddresses
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

        public override string CommonName => Name.Authority;

        public override async ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellation)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Limit);
            var addresses = await Dns.GetHostAddressesAsync(Name.Host, limit.Token);
            return [.. addresses.Select(address => new UriBuilder(Name) { Host = address.ToString() }.Uri)
                .DistinctBy(static uri => uri.Authority).OrderBy(static uri => uri.Authority, StringComparer.Ordinal).Take(MaximumReplicas)];
        }
    }
}
