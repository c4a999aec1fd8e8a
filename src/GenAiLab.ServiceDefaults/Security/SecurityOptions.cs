using System.Globalization;
using GenAiLab.Security;
using GenAiLab.Security.Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>The settings of security that every service knows.</summary>
internal sealed record SecurityOptions
{
    private const int DefaultConnections = 16_384;

    /// <summary><c>Tls:Certificate</c> and <c>Tls:Key</c>: the service's own, for its gRPC endpoints and its calls. <c>Tls:Authority</c>: what others' must chain to.</summary>
    public required CertificatePaths Certificates { get; init; }

    /// <summary><c>Tls:RequireClientCertificate</c>: callers without a certificate are refused. True unless said otherwise, where there is an authority.</summary>
    public required bool RequiresClientCertificate { get; init; }

    /// <summary><c>ApiKeys:File</c>: the keys that callers must have; null: none.</summary>
    public required NamedPath? ApiKeys { get; init; }

    /// <summary>
    /// <c>ApiKeys:TrustedServices</c>, separated by commas: callers whose verified certificate has one of
    /// these common names need no key. Those that call others of the lab, unless said otherwise.
    /// </summary>
    public required IReadOnlySet<string> TrustedServices { get; init; }

    /// <summary><c>Security:AllowPublicWithoutKeys</c>: for networks that are closed by other means.</summary>
    public required bool AllowsPublicWithoutKeys { get; init; }

    /// <summary><c>Security:Reflection</c>: whether the service describes itself. Not in production, unless said otherwise.</summary>
    public required bool Reflection { get; init; }

    /// <summary><c>Security:MaximumConnections</c>: those of each endpoint at a time; one more is closed as it comes.</summary>
    public required int MaximumConnections { get; init; }

    /// <summary>Whether gRPC endpoints speak TLS.</summary>
    public bool ServesTls => Certificates.Certificate is not null;

    /// <summary>Whether calls to the other services use TLS.</summary>
    public bool CallsTls => Certificates.Authority is not null;

    /// <summary>Whether nobody unknown gets to a method.</summary>
    public bool KnowsCallers => ApiKeys is not null || (ServesTls && RequiresClientCertificate);

    public static SecurityOptions Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var authority = NamedPath.From("Tls:Authority", configuration["Tls:Authority"]);
        return new SecurityOptions
        {
            Certificates = new CertificatePaths(
                NamedPath.From("Tls:Certificate", configuration["Tls:Certificate"]), NamedPath.From("Tls:Key", configuration["Tls:Key"]), authority),
            RequiresClientCertificate = authority is not null && Flag(configuration, "Tls:RequireClientCertificate", true),
            ApiKeys = NamedPath.From("ApiKeys:File", configuration["ApiKeys:File"]),
            TrustedServices = (configuration["ApiKeys:TrustedServices"] ?? "orchestrator,classifier")
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal),
            AllowsPublicWithoutKeys = Flag(configuration, "Security:AllowPublicWithoutKeys", false),
            Reflection = Flag(configuration, "Security:Reflection", !environment.IsProduction()),
            MaximumConnections = Count(configuration, "Security:MaximumConnections", DefaultConnections),
        };
    }

    private static int Count(IConfiguration configuration, string name, int otherwise) => configuration[name] is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value
        : throw new SecurityFileException($"{name} must be a positive number");

    // A misspelled "ture" must not pass for false, or for true.
    private static bool Flag(IConfiguration configuration, string name, bool otherwise) => configuration[name] is not { Length: > 0 } text ? otherwise
        : bool.TryParse(text, out var value) ? value
        : throw new SecurityFileException($"{name} must be true or false");
}
