using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace GenAiLab.Security.Certificates;

/// <summary>Where the PEM files of one side of a connection are, and what each is called in messages.</summary>
/// <param name="Certificate">The own certificate, issued intermediates after it; null: none is presented.</param>
/// <param name="Key">Its private key, unencrypted.</param>
/// <param name="Authority">The certificates that the other side's must chain to; null: those of the system.</param>
public sealed record CertificatePaths(NamedPath? Certificate, NamedPath? Key, NamedPath? Authority);

/// <summary>What was read from the files at one time. Connections that hold it keep it alive.</summary>
public sealed class CertificateSet
{
    internal CertificateSet(X509Certificate2? certificate, X509Certificate2Collection chain, X509Certificate2Collection? authority)
    {
        (Certificate, Authority) = (certificate, authority);
        Context = certificate is null ? null : SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    /// <summary>The own certificate with its private key.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>The same with the intermediates that are sent along.</summary>
    public SslStreamCertificateContext? Context { get; }

    /// <summary>What the other side's certificate must chain to; null: the system's authorities.</summary>
    public X509Certificate2Collection? Authority { get; }
}
