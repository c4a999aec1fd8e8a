using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GenAiLab.Security.Certificates;

/// <summary>
/// A private certificate authority (RFC 5280): one self-signed ECDSA P-256 certificate that signs leaves
/// directly, with no intermediate. It keeps no record of what it issued, and revokes nothing: leaves are
/// short-lived enough to be replaced, and a leaf that leaked is answered with a new authority.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);
    // A machine whose clock is a little behind accepts a certificate that was issued this moment.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private CertificateAuthority(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>The authority's certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>A new authority, valid for ten years.</summary>
    public static CertificateAuthority Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Named apart, so that a message that names an issuer tells which.
        var request = new CertificateRequest(new X500DistinguishedName($"CN=GenAiLab private CA {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        var identifier = new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false);
        request.CertificateExtensions.Add(identifier);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(identifier));
        return new CertificateAuthority(request.CreateSelfSigned(now - ClockSkew, now + Lifetime));
    }

    /// <summary>An authority from its PEM texts.</summary>
    /// <exception cref="CryptographicException">They are no certificate and key that belong together.</exception>
    public static CertificateAuthority Read(string certificate, string key) => new(X509Certificate2.CreateFromPem(certificate, key));

    /// <summary>A certificate for a service: it proves a server's name and a client's.</summary>
    /// <param name="name">The subject's common name, and the first of the names that clients may call it by.</param>
    /// <param name="hosts">DNS names and IP addresses that clients may call it by, besides localhost and loopback.</param>
    /// <param name="now">The present.</param>
    /// <param name="lifetime">How long it is valid; not beyond the authority's own end.</param>
    public X509Certificate2 IssueService(string name, IEnumerable<string> hosts, DateTimeOffset now, TimeSpan lifetime)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Prepend("localhost").Prepend(name).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        return Issue(name, names.Build(), [ServerAuthentication, ClientAuthentication], now, lifetime);
    }

    /// <summary>A certificate for people and programs that only call: no server can be set up with it.</summary>
    /// <inheritdoc cref="IssueService" path="/param"/>
    public X509Certificate2 IssueClient(string name, DateTimeOffset now, TimeSpan lifetime) =>
        Issue(name, alternativeNames: null, [ClientAuthentication], now, lifetime);

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private X509Certificate2 Issue(string name, X509Extension? alternativeNames, string[] usages, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var usage = new OidCollection();
        foreach (var oid in usages)
        {
            usage.Add(new Oid(oid));
        }

        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usage, critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (alternativeNames is not null)
        {
            request.CertificateExtensions.Add(alternativeNames);
        }

        var begin = Later(now - ClockSkew, Certificate.NotBefore);
        var end = Earlier(now + lifetime, Certificate.NotAfter);
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40); // Positive, and no leading zero (RFC 5280, 4.1.2.2).
        using var certificate = request.Create(Certificate, begin, end, serial);
        return certificate.CopyWithPrivateKey(key);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
