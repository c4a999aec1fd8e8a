using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace GenAiLab.Security.Certificates;

/// <summary>
/// A folder of PEM files: <c>ca.pem</c>, <c>ca-key.pem</c>, and NAME.pem with NAME-key.pem for every service
/// and for <c>client</c>. Keys have mode 0600.
/// </summary>
public sealed class CertificateFolder(string path)
{
    /// <summary>What the certificate for callers is called.</summary>
    public const string Client = "client";

    private const string AuthorityName = "ca";

    /// <summary>The authority's certificate: what everyone trusts.</summary>
    public string Authority => Certificate(AuthorityName);

    /// <summary>The private key that issues: needed by <see cref="Issue"/> alone, so best kept elsewhere.</summary>
    public string AuthorityKey => Key(AuthorityName);

    /// <summary>The certificate of a service or of the client.</summary>
    public string Certificate(string name) => Path.Combine(path, $"{name}.pem");

    /// <summary>Its private key.</summary>
    public string Key(string name) => Path.Combine(path, $"{name}-key.pem");

    /// <summary>Issues a certificate for every service and one for clients; an authority that is there stays.</summary>
    /// <param name="services">Names of services.</param>
    /// <param name="hosts">Names and addresses that every service is called by, besides its own and loopback.</param>
    /// <param name="now">The present.</param>
    /// <param name="lifetime">How long the certificates are valid; the authority lasts ten years.</param>
    /// <param name="replace">Replaces certificates that are there.</param>
    /// <returns>Whether the authority is a new one.</returns>
    /// <exception cref="SecurityFileException">There are certificates already, or the authority cannot issue.</exception>
    public bool Issue(IReadOnlyList<string> services, IReadOnlyList<string> hosts, DateTimeOffset now, TimeSpan lifetime, bool replace)
    {
        var standing = services.Append(Client).SelectMany(name => new[] { Certificate(name), Key(name) }).FirstOrDefault(File.Exists);
        if (standing is not null && !replace)
        {
            throw new SecurityFileException($"{standing} is there already; --force issues new certificates from the same authority");
        }

        Directory.CreateDirectory(path);
        var (authority, isNew) = OpenAuthority(now);
        using (authority)
        {
            foreach (var service in services)
            {
                Write(service, authority.IssueService(service, hosts, now, lifetime));
            }

            Write(Client, authority.IssueClient(Client, now, lifetime));
        }

        return isNew;
    }

    private (CertificateAuthority Authority, bool IsNew) OpenAuthority(DateTimeOffset now)
    {
        if (!File.Exists(Authority) && !File.Exists(AuthorityKey))
        {
            var created = CertificateAuthority.Create(now);
            Write(AuthorityName, created.Certificate);
            return (created, true);
        }

        CertificateAuthority authority;
        try
        {
            authority = CertificateAuthority.Read(File.ReadAllText(Authority), File.ReadAllText(AuthorityKey));
        }
        catch (Exception error) when (error is FileNotFoundException or CryptographicException or ArgumentException)
        {
            throw new SecurityFileException(
                $"{Authority} and {AuthorityKey} are not a certificate and its key: restore them, or choose another folder for a new authority", error);
        }

        var ends = new DateTimeOffset(authority.Certificate.NotAfter);
        if (ends <= now)
        {
            authority.Dispose();
            throw new SecurityFileException($"the authority {Authority} expired on {ends:yyyy-MM-dd}: choose another folder for a new authority");
        }

        return (authority, false);
    }

    private void Write(string name, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        // A service that looks between the two finds a pair that does not match, keeps what it has and looks again.
        PrivateFile.Write(Key(name), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        PrivateFile.WritePublic(Certificate(name), Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
    }
}
