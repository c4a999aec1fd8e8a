using GenAiLab.Security;
using GenAiLab.Security.ApiKeys;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>A service that other machines can reach knows its callers, or does not start.</summary>
public sealed class PublicBindingTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://tokenizer:0")]
    [InlineData("http://10.1.2.3:0")]
    [InlineData("https://0.0.0.0:0")]
    public async Task Open_and_public_does_not_start_and_says_what_to_set(string url)
    {
        var error = await Assert.ThrowsAsync<SecurityFileException>(() => SecureHost.StartAsync(("Kestrel:Endpoints:grpc:Url", url)));

        foreach (var setting in new[] { url, "ApiKeys:File", "Tls:Authority", "Security:AllowPublicWithoutKeys" })
        {
            Assert.Contains(setting, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task TLS_alone_keeps_nobody_out()
    {
        var folder = Certified.Folder(_temporary["certs"]);

        await Assert.ThrowsAsync<SecurityFileException>(() => SecureHost.StartAsync(
            [.. folder.Settings("tokenizer"), ("Tls:RequireClientCertificate", "false"), ("Kestrel:Endpoints:grpc:Url", "http://0.0.0.0:0")]));
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.9.9.9:0")]
    [InlineData("http://[::1]:0")]
    public async Task Loopback_starts(string url)
    {
        await using var host = await SecureHost.StartAsync(("Kestrel:Endpoints:grpc:Url", url));
    }

    [Theory]
    [InlineData("keys")]
    [InlineData("certificates")]
    [InlineData("override")]
    public async Task Public_starts_where_callers_are_known_or_the_network_is_closed(string reason)
    {
        Keyed.AddKey(_temporary["keys.json"], 1, null, ApiScopes.Generate);
        IEnumerable<(string, string?)> settings = reason switch
        {
            "keys" => [("ApiKeys:File", _temporary["keys.json"])],
            "certificates" => Certified.Folder(_temporary["certs"]).Settings("tokenizer"),
            _ => [("Security:AllowPublicWithoutKeys", "true")],
        };

        await using var host = await SecureHost.StartAsync([.. settings, ("Kestrel:Endpoints:grpc:Url", "http://0.0.0.0:0")]);

        Assert.Equal(reason == "override", host.Log.Contains("the network must be closed", StringComparison.Ordinal));
        Assert.Equal(reason == "keys", host.Log.Contains("come to this service unencrypted", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Production", null, false)]
    [InlineData("Staging", null, true)]
    [InlineData("Development", null, true)]
    [InlineData("Development", "false", false)]
    [InlineData("Production", "true", true)]
    public async Task Only_outside_of_production_a_service_describes_itself(string environment, string? setting, bool describes)
    {
        await using var host = await SecureHost.StartAsync(environment, null, ("Security:Reflection", setting));
        using var channel = GrpcChannel.ForAddress(host.Address);
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(deadline: DateTime.UtcNow.AddSeconds(20));

        if (describes)
        {
            Assert.True(await AskAsync());
        }
        else
        {
            // The refusal may come while the question is still being written.
            var error = await Assert.ThrowsAsync<RpcException>(AskAsync);
            Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
        }

        async Task<bool> AskAsync()
        {
            await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
            return await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);
        }
    }
}
