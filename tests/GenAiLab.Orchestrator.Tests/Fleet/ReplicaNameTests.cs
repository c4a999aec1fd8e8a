using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GenAiLab.Orchestrator.Fleet;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace GenAiLab.Orchestrator.Tests.Fleet;

/// <summary>Replicas with a certificate of their common name, called by address.</summary>
public sealed class ReplicaNameTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_certificate_of_the_replicas_name_is_good_at_every_address()
    {
        using var certificate = Certificate("decoders.lab");
        await using var server = await ServeAsync(certificate);
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        using var named = new HttpClient(new ReplicaNameHandler("decoders.lab:5103", Handler(certificate)));
        Assert.Equal("decoders.lab:5103", await named.GetStringAsync(address, Cancellation));

        using var other = new HttpClient(new ReplicaNameHandler("another.lab:5103", Handler(certificate)));
        await Assert.ThrowsAsync<HttpRequestException>(() => other.GetStringAsync(address, Cancellation));
        using var nameless = new HttpClient(Handler(certificate));
        await Assert.ThrowsAsync<HttpRequestException>(() => nameless.GetStringAsync(address, Cancellation));
    }

    // Trusts the certificate, and verifies the name.
    private static SocketsHttpHandler Handler(X509Certificate2 trusted) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { trusted }, RevocationMode = X509RevocationMode.NoCheck },
        },
    };

    private static async Task<WebApplication> ServeAsync(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
        var server = builder.Build();
        server.Run(static context => context.Response.WriteAsync(context.Request.Host.Value ?? ""));
        await server.StartAsync(Cancellation);
        return server;
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
