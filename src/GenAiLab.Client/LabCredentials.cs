namespace GenAiLab.Client;

/// <summary>
/// What a lab beyond this machine wants to see. No record, on purpose: its text would hold the API key.
/// PEM files that are replaced hold for new connections.
/// </summary>
public sealed class LabCredentials
{
    /// <summary>The environment variable of <see cref="ApiKey"/>.</summary>
    public const string ApiKeyVariable = "GENAILAB_API_KEY";

    /// <summary>The environment variable of <see cref="Authority"/>.</summary>
    public const string AuthorityVariable = "GENAILAB_CA";

    /// <summary>The environment variable of <see cref="Certificate"/>.</summary>
    public const string CertificateVariable = "GENAILAB_CERT";

    /// <summary>The environment variable of <see cref="Key"/>.</summary>
    public const string KeyVariable = "GENAILAB_KEY";

    /// <summary>A PEM file of the authorities that the services' certificates must chain to; null: those of the system.</summary>
    public string? Authority { get; init; }

    /// <summary>A PEM file with our own certificate, for services that demand one.</summary>
    public string? Certificate { get; init; }

    /// <summary>The PEM file of its private key, unencrypted.</summary>
    public string? Key { get; init; }

    /// <summary>The API key, sent with every call. Over http anyone on the way can read it.</summary>
    public string? ApiKey { get; init; }

    /// <summary>What the environment says: <c>GENAILAB_CA</c>, <c>GENAILAB_CERT</c>, <c>GENAILAB_KEY</c>, <c>GENAILAB_API_KEY</c>.</summary>
    public static LabCredentials FromEnvironment() => new()
    {
        Authority = Variable(AuthorityVariable),
        Certificate = Variable(CertificateVariable),
        Key = Variable(KeyVariable),
        ApiKey = Variable(ApiKeyVariable),
    };

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
