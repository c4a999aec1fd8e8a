using System.Net;
using Microsoft.Extensions.Configuration;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>The addresses that a service is configured to listen on. Pure.</summary>
internal static class ListenAddresses
{
    private const string Endpoints = "Kestrel:Endpoints";

    /// <summary>Those of <c>Kestrel:Endpoints</c>; where there are none, those that ASP.NET Core takes instead.</summary>
    public static IReadOnlyList<string> Configured(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection(Endpoints).GetChildren().Select(static endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0)
        {
            return endpoints;
        }

        return Split(configuration["urls"]) is { Count: > 0 } urls ? urls
            : [.. new[] { "http", "https" }.SelectMany(scheme => Split(configuration[$"{scheme}_ports"]).Select(port => $"{scheme}://*:{port}"))];
    }

    /// <summary>What <c>Kestrel:Endpoints</c> calls them.</summary>
    public static IEnumerable<string> EndpointNames(IConfiguration configuration) =>
        configuration.GetSection(Endpoints).GetChildren().Select(static endpoint => endpoint.Key);

    /// <summary>
    /// The gRPC endpoints with https in place of http, and HTTP/1.1 beside HTTP/2, as a handshake can tell the two
    /// apart: all but HTTP/1.1's, which answer probes, and Unix sockets, which the file system guards.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, string?>> WithTls(IConfiguration configuration) =>
        from endpoint in configuration.GetSection(Endpoints).GetChildren()
        let url = endpoint["Url"]
        where url is not null && !IsLocalSocket(url)
            && !string.Equals(endpoint["Protocols"] ?? configuration["Kestrel:EndpointDefaults:Protocols"], "Http1", StringComparison.OrdinalIgnoreCase)
        from setting in new KeyValuePair<string, string?>[]
        {
            new($"{Endpoints}:{endpoint.Key}:Url", url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "https" + url["http".Length..] : url),
            new($"{Endpoints}:{endpoint.Key}:Protocols", "Http1AndHttp2"),
        }
        select setting;

    /// <summary>Whether only this machine can reach an address; a host that is no loopback address is bound to all of them.</summary>
    public static bool IsLoopback(string url)
    {
        if (IsLocalSocket(url))
        {
            return true;
        }

        // Kestrel's own wildcards, * and +, are no URI's.
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            return false;
        }

        return string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip));
    }

    private static bool IsLocalSocket(string url) =>
        url.Contains("://unix:", StringComparison.OrdinalIgnoreCase) || url.Contains("://pipe:", StringComparison.OrdinalIgnoreCase);

    private static List<string> Split(string? list) => [.. (list ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
