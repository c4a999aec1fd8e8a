using GenAiLab.Security;
using GenAiLab.Security.Certificates;
using GenAiLab.ServiceDefaults.Tests.InProcess;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>Who may connect, over real sockets: one settings group makes a service's gRPC mutual TLS.</summary>
public sealed class HandshakeTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_caller_of_the_same_authority_is_served()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        await using var host = await SecureHost.StartAsync(folder.Settings("tokenizer"));

        Assert.StartsWith("https://", host.Address, StringComparison.Ordinal);
        using var channel = Certified.Connect(host.Address, folder, folder);
        Assert.Equal("hello", await EncodeAsync(channel));
    }

    [Theory]
    [InlineData("none", "presented no certificate")]
    [InlineData("expired", "expired on")]
    [InlineData("foreign", "was not issued by the authority")]
    public async Task Any_other_caller_is_refused_and_the_log_says_what_to_mend(string caller, string reason)
    {
        // Old enough to have issued what has expired since.
        var path = _temporary["certs"];
        var folder = Certified.Folder(path, Certified.Now.AddDays(-60));
        var expired = _temporary["expired"];
        Copy(path, expired);

        folder.Issue(["tokenizer", "orchestrator"], [], Certified.Now, TimeSpan.FromDays(30), replace: true);
        var own = caller switch
        {
            "none" => null,
            "expired" => new CertificateFolder(expired),
            _ => Certified.Folder(_temporary["foreign"]),
        };
        await using var host = await SecureHost.StartAsync(folder.Settings("tokenizer"));

        using var channel = Certified.Connect(host.Address, folder, own);
        await Within.FailsAsync(() => EncodeAsync(channel));

        Assert.Contains(reason, host.Log, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_callers_makes_no_server()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        await using var host = await SecureHost.StartAsync(folder.Settings(CertificateFolder.Client));

        using var channel = Certified.Connect(host.Address, folder, folder);
        await Within.FailsAsync(() => EncodeAsync(channel));
    }

    [Fact]
    public async Task Without_a_demand_for_certificates_none_is_needed_but_a_bad_one_is_refused()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        var foreign = Certified.Folder(_temporary["foreign"]);
        await using var host = await SecureHost.StartAsync([.. folder.Settings("tokenizer"), ("Tls:RequireClientCertificate", "false")]);

        using var without = Certified.Connect(host.Address, folder, own: null);
        Assert.Equal("hello", await EncodeAsync(without));
        using var bad = Certified.Connect(host.Address, folder, foreign);
        await Within.FailsAsync(() => EncodeAsync(bad));
    }

    [Fact]
    public async Task A_caller_without_TLS_gets_nothing()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        await using var host = await SecureHost.StartAsync(folder.Settings("tokenizer"));

        using var channel = GrpcChannel.ForAddress(host.Address.Replace("https", "http", StringComparison.Ordinal));
        await Within.FailsAsync(() => EncodeAsync(channel));
    }

    [Fact]
    public async Task Services_show_each_other_their_certificates_and_check_them()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        var foreign = Certified.Folder(_temporary["foreign"]);
        await using var tokenizer = await SecureHost.StartAsync(folder.Settings("tokenizer"));
        await using var orchestrator = await SecureHost.StartAsync([.. folder.Settings("orchestrator"), ("services:tokenizer:grpc:0", tokenizer.Address)]);
        await using var stranger = await SecureHost.StartAsync([.. foreign.Settings("orchestrator"), ("services:tokenizer:grpc:0", tokenizer.Address)]);

        Assert.Equal("hello", (await orchestrator.Downstream.EncodeAsync(new EncodeRequest { Text = "hello" }).ResponseAsync.Patiently()).Vocabulary.Name);
        await Within.FailsAsync(() => stranger.Downstream.EncodeAsync(new EncodeRequest { Text = "hello" }).ResponseAsync);
        Assert.Contains("Refused to call the tokenizer", stranger.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_is_refused_under_a_name_that_is_not_its_own()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        await using var tokenizer = await SecureHost.StartAsync(folder.Settings("tokenizer"));
        // 127.0.0.2 is this machine too, and in no certificate.
        await using var anywhere = await SecureHost.StartAsync([.. folder.Settings("tokenizer"), ("Kestrel:Endpoints:grpc:Url", "https://127.0.0.2:0")]);

        using var right = Certified.Connect(tokenizer.Address, folder, folder);
        Assert.Equal("hello", await EncodeAsync(right));
        using var wrong = Certified.Connect(anywhere.Address, folder, folder);
        await Within.FailsAsync(() => EncodeAsync(wrong));
    }

    [Fact]
    public async Task Replaced_certificates_hold_for_new_connections_and_a_running_stream_goes_on()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        await using var host = await SecureHost.StartAsync(folder.Settings("tokenizer"));
        var before = new CertificateFolder(_temporary["before"]);
        Copy(_temporary["certs"], _temporary["before"]);
        using var running = Certified.Connect(host.Address, before, before);
        using var stream = new V1.Decoder.DecoderClient(running).Step();
        await EchoAsync(stream);

        // A new authority: nothing of the old one is good any more. Half of it first, which is not used.
        Certified.Folder(_temporary["after"]);
        File.Copy(Path.Combine(_temporary["after"], "tokenizer.pem"), folder.Certificate("tokenizer"), overwrite: true);
        using var between = Certified.Connect(host.Address, before, before);
        Assert.Equal("hello", await EncodeAsync(between));
        Assert.Contains("is not the unencrypted PEM private key of Tls:Certificate", host.Log, StringComparison.Ordinal);
        Copy(_temporary["after"], _temporary["certs"]);

        using var renewed = Certified.Connect(host.Address, folder, folder);
        Assert.Equal("hello", await EncodeAsync(renewed));
        using var outdated = Certified.Connect(host.Address, before, before);
        await Within.FailsAsync(() => EncodeAsync(outdated));
        await EchoAsync(stream);
    }

    [Theory]
    [InlineData("Tls:Key", "missing.pem", "Tls:Key")]
    [InlineData("Tls:Key", null, "Tls:Certificate")]
    [InlineData("Tls:Authority", "tokenizer-key.pem", "Tls:Authority")]
    [InlineData("Tls:Key", "orchestrator-key.pem", "Tls:Key")]
    public async Task What_cannot_be_used_stops_the_start_and_is_named(string setting, string? file, string culprit)
    {
        var folder = Certified.Folder(_temporary["certs"]);

        var error = await Assert.ThrowsAsync<SecurityFileException>(() => SecureHost.StartAsync(
            [.. folder.Settings("tokenizer"), (setting, file is null ? null : Path.Combine(_temporary["certs"], file))]));

        Assert.Contains(culprit, error.Message, StringComparison.Ordinal);
    }

    private static async Task<string> EncodeAsync(GrpcChannel channel) =>
        (await new V1.Tokenizer.TokenizerClient(channel).EncodeAsync(new EncodeRequest { Text = "hello" }).ResponseAsync.Patiently()).Vocabulary.Name;

    private static async Task EchoAsync(AsyncDuplexStreamingCall<StepRequest, StepResponse> stream)
    {
        await stream.RequestStream.WriteAsync(new StepRequest()).Patiently();
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).Patiently());
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }
}
