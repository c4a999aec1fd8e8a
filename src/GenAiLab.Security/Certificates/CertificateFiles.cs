using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace GenAiLab.Security.Certificates;

/// <summary>
/// PEM files that may be replaced at any time. Each look rereads them and compares their content: time
/// stamps would miss Kubernetes' way, where a symbolic link above the file changes. What cannot be used,
/// such as a certificate whose key has not arrived yet, leaves what was good in force. Thread-safe.
/// </summary>
public sealed class CertificateFiles
{
    private const int MaximumBytes = 256 * 1024;
    private readonly CertificatePaths _paths;
    private readonly Action<string>? _refused;
    private readonly Lock _lock = new();
    private byte[] _digest;
    private CertificateSet _current;
    // A file that is missing for a while is told once, not with every connection.
    private string? _told;

    /// <param name="paths">The files.</param>
    /// <param name="refused">Hears, once for each content, why replaced files are not used.</param>
    /// <exception cref="SecurityFileException">They cannot be used; the message names the setting.</exception>
    public CertificateFiles(CertificatePaths paths, Action<string>? refused = null)
    {
        if (paths.Certificate is null != paths.Key is null)
        {
            throw new SecurityFileException($"{paths.Certificate ?? paths.Key} needs its other half: a certificate and its private key go together");
        }

        (_paths, _refused) = (paths, refused);
        var content = Content();
        (_current, _digest) = (Read(content), Digest(content));
    }

    /// <summary>What the files hold now, or held when they last were usable.</summary>
    public CertificateSet Current
    {
        get
        {
            lock (_lock)
            {
                try
                {
                    var content = Content();
                    var digest = Digest(content);
                    if (!digest.AsSpan().SequenceEqual(_digest))
                    {
                        _digest = digest;
                        _current = Read(content);
                        _told = null;
                    }
                }
                catch (SecurityFileException error)
                {
                    Refuse(error.Message);
                }

                return _current;
            }
        }
    }

    private void Refuse(string message)
    {
        if (message != _told)
        {
            _told = message;
            _refused?.Invoke(message);
        }
    }

    private (string? Certificate, string? Key, string? Authority) Content() => (Text(_paths.Certificate), Text(_paths.Key), Text(_paths.Authority));

    private static byte[] Digest((string? Certificate, string? Key, string? Authority) content) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{content.Certificate}\0{content.Key}\0{content.Authority}"));

    private static string? Text(NamedPath? file)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            using var stream = File.OpenRead(file.Path);
            return stream.Length <= MaximumBytes
                ? new StreamReader(stream, Encoding.UTF8).ReadToEnd()
                : throw new SecurityFileException($"{file} is larger than {MaximumBytes / 1024} KiB: it is no PEM file of certificates");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SecurityFileException($"{file} cannot be read: {(error is UnauthorizedAccessException ? "this user may not" : "is it there?")}", error);
        }
    }

    private CertificateSet Read((string? Certificate, string? Key, string? Authority) content)
    {
        var authority = content.Authority is null ? null : Certificates(_paths.Authority!, content.Authority);
        if (content.Certificate is null)
        {
            return new CertificateSet(null, [], authority);
        }

        var chain = Certificates(_paths.Certificate!, content.Certificate);
        var leaf = chain[0];
        chain.RemoveAt(0);
        try
        {
            return new CertificateSet(WithKey(leaf, content.Key!), chain, authority);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new SecurityFileException($"{_paths.Key} is not the unencrypted PEM private key of {_paths.Certificate}", error);
        }
    }

    private static X509Certificate2Collection Certificates(NamedPath file, string pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException error)
        {
            throw new SecurityFileException($"{file} holds no readable PEM certificate", error);
        }

        return found.Count > 0 ? found : throw new SecurityFileException($"{file} holds no PEM certificate");
    }

    private static X509Certificate2 WithKey(X509Certificate2 leaf, string key)
    {
        var certificate = X509Certificate2.CreateFromPem(leaf.ExportCertificatePem(), key);
        // Windows' TLS takes no key that lives in memory alone.
        return OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null) : certificate;
    }
}
