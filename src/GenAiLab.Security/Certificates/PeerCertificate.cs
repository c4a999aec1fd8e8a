using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GenAiLab.Security.Certificates;

/// <summary>What the other side of a connection is.</summary>
public enum Peer
{
    /// <summary>It called us.</summary>
    Client,

    /// <summary>We called it.</summary>
    Server,
}

/// <summary>Whether the other side's certificate is good, and if not, what to mend.</summary>
public static class PeerCertificate
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Null for a certificate that may pass; otherwise why not, in words for a log.</summary>
    /// <param name="certificate">What it presented.</param>
    /// <param name="presented">The chain as TLS built it, with the intermediates that were sent.</param>
    /// <param name="errors">TLS's own findings; the name of a server is taken from them.</param>
    /// <param name="authority">What it must chain to.</param>
    /// <param name="peer">Which side it is.</param>
    public static string? Obstacle(
        X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors, X509Certificate2Collection authority, Peer peer)
    {
        if (certificate is null)
        {
            return "it presented no certificate: give it one of the same authority (Tls:Certificate and Tls:Key of a service, --cert and --key of lab)";
        }

        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authority);
        chain.ChainPolicy.ExtraStore.AddRange(presented?.ChainPolicy.ExtraStore ?? []);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(peer == Peer.Client ? ClientAuthentication : ServerAuthentication));
        if (!chain.Build(leaf))
        {
            var found = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (flags, status) => flags | status.Status);
            return $"the certificate {leaf.Subject} {Explain(leaf, found, peer)}";
        }

        return peer == Peer.Server && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? $"the certificate {leaf.Subject} is not for the name that was called: issue one with this name, lab certs --host NAME"
            : null;
    }

    private static string Explain(X509Certificate2 leaf, X509ChainStatusFlags found, Peer peer)
    {
        if (found.HasFlag(X509ChainStatusFlags.UntrustedRoot) || found.HasFlag(X509ChainStatusFlags.PartialChain)
            || found.HasFlag(X509ChainStatusFlags.NotSignatureValid))
        {
            return $"was not issued by the authority that is trusted here (its issuer is {leaf.Issuer}): give both sides certificates of one authority";
        }

        if (found.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            var now = DateTime.Now;
            return leaf.NotAfter < now ? $"expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC: issue a new one, lab certs --force"
                : leaf.NotBefore > now ? $"is valid from {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC on: is a clock wrong?"
                : "is valid, but its authority is not any more: make a new authority with lab certs";
        }

        return found.HasFlag(X509ChainStatusFlags.NotValidForUsage)
            ? $"is not one for a {(peer == Peer.Client ? "client" : "server")}: its extended key usage lacks that"
            : $"does not verify ({found})";
    }
}
