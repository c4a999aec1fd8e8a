using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using GenAiLab.Client;
using GenAiLab.Security.ApiKeys;
using GenAiLab.Security.Certificates;
using GenAiLab.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace GenAiLab.EndToEnd;

/// <summary>Certificates and keys made by the commands, and labs that were started with them.</summary>
public sealed class SecureLabFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lab-security-");

    public string CertificatesPath => Path.Combine(_folder.FullName, "certs");

    public CertificateFolder Certificates => new(CertificatesPath);

    public string KeyFile => Path.Combine(_folder.FullName, "keys.json");

    public LabProcess Lab { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var (exitCode, _, errors) = await EndToEnd.Lab.RunAsync("certs", "--out", CertificatesPath, "--host", "lab.example");
        Assert.Equal(("", 0), (errors, exitCode));
        await KeyAsync("generate", "first");
        Lab = await LabProcess.StartAsync("processes", options: ["--verbose", "--tls", CertificatesPath, "--api-keys", KeyFile]);
    }

    /// <summary>A new key, as the command prints it.</summary>
    public async Task<string> KeyAsync(string scopes, string tenant)
    {
        var (exitCode, output, _) = await EndToEnd.Lab.RunAsync("keys", "create", "--scopes", scopes, "--tenant", tenant, "--file", KeyFile);
        Assert.Equal(0, exitCode);
        return output.Trim();
    }

    public LabChannel Connect(string service, string? key, string certificate = CertificateFolder.Client) => new(new Uri(Lab.Grpc(service)), new LabCredentials
    {
        Authority = Certificates.Authority,
        Certificate = Certificates.Certificate(certificate),
        Key = Certificates.Key(certificate),
        ApiKey = key,
    });

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>A lab with mutual TLS and API keys, through its commands, our client and one that is not ours.</summary>
public sealed class SecurityTests(SecureLabFixture fixture) : IClassFixture<SecureLabFixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly CertificateFolder _certificates = fixture.Certificates;

    private static CallOptions Options => new(deadline: DateTime.UtcNow + Limit, cancellationToken: TestContext.Current.CancellationToken);

    private string[] Files => ["--ca", _certificates.Authority, "--cert", _certificates.Certificate("client"), "--key", _certificates.Key("client")];

    [Fact]
    public async Task A_command_with_certificate_and_key_gets_its_answer()
    {
        var key = await fixture.KeyAsync("generate", "command");
        string[] prompt = ["generate", "The capital of France is", "--max-tokens", "2", "--temperature", "0", "--address", fixture.Lab.Grpc("orchestrator")];

        Assert.Equal((0, " Paris.\n", ""), await Lab.RunAsync([.. prompt, .. Files, "--api-key", key]));
        await RefusedAsync("UNAUTHENTICATED", [.. prompt, .. Files]);
        await RefusedAsync("--cert", [.. prompt, "--ca", _certificates.Authority, "--api-key", key]);
        await RefusedAsync("--ca", [.. prompt, "--api-key", key]);
        await RefusedAsync("PERMISSION_DENIED", ["tokens", "x", "--address", fixture.Lab.Grpc("tokenizer"), .. Files, "--api-key", key]);
    }

    [Fact]
    public async Task A_client_that_is_not_ours_comes_in_with_certificate_and_key_alone()
    {
        var folder = Path.Combine(Lab.Repository, "tests/GenAiLab.EndToEnd/foreign");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");
        var key = await fixture.KeyAsync("generate", "node");

        Assert.Equal("OK", await ForeignAsync(folder, _certificates.Certificate("client"), _certificates.Key("client"), key));
        Assert.Equal("UNAUTHENTICATED", await ForeignAsync(folder, _certificates.Certificate("client"), _certificates.Key("client"), ""));
        Assert.Equal("UNAVAILABLE", await ForeignAsync(folder, "", "", key));
    }

    [Theory]
    [InlineData("https://localhost:{0}", "https://127.0.0.1:9")]
    [InlineData("dns:///localhost:{0}")]
    public async Task A_replica_of_a_list_or_a_name_shows_a_certificate_of_its_own(params string[] patterns)
    {
        var address = new Uri(fixture.Lab.Grpc("orchestrator"));
        var addresses = patterns.Select(pattern => new Uri(string.Format(CultureInfo.InvariantCulture, pattern, address.Port))).ToList();
        using var channel = new LabChannel(addresses, new LabCredentials
        {
            Authority = _certificates.Authority,
            Certificate = _certificates.Certificate(CertificateFolder.Client),
            Key = _certificates.Key(CertificateFolder.Client),
            ApiKey = await fixture.KeyAsync("generate", "replicas"),
        });
        var orchestrator = new V1.Orchestrator.OrchestratorClient(channel.Invoker);

        // Nobody listens on port 9, so it is the other replica that answers.
        Assert.NotEmpty((await orchestrator.ListModelsAsync(new ListModelsRequest(), Options)).Models);
    }

    [Fact]
    public async Task Clients_of_openai_come_in_over_tls_and_not_beside_it()
    {
        var key = await fixture.KeyAsync("generate", "openai");
        using var client = Https(key);
        using var listing = await client.GetAsync($"{fixture.Lab.Grpc("orchestrator")}/v1/models", TestContext.Current.CancellationToken);
        Assert.Equal((System.Net.HttpStatusCode.OK, new Version(1, 1)), (listing.StatusCode, listing.Version));
        Assert.Contains($"OpenAI clients: {fixture.Lab.Grpc("orchestrator")}/v1", fixture.Lab.Output, StringComparison.Ordinal);

        var clear = fixture.Lab.Http("orchestrator");
        using var refused = await client.GetAsync($"{clear}/v1/models", TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
        using var json = await client.GetAsync($"{clear}/v1/generators", TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, json.StatusCode);
        using var health = await client.GetAsync($"{clear}/health", TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task Tenants_share_no_prefix_whatever_they_claim()
    {
        var (one, same, other) = (await fixture.KeyAsync("generate", "one"), await fixture.KeyAsync("generate", "one"), await fixture.KeyAsync("generate", "other"));

        Assert.Equal(0, await CachedAsync(one, "", first: 100));
        Assert.Equal(0, await CachedAsync(other, "", first: 100));
        Assert.Equal(0, await CachedAsync(other, "one", first: 100));
        Assert.True(await CachedAsync(same, "", first: 100) > 0);
    }

    [Theory]
    [InlineData(LoopMode.Pushdown)]
    [InlineData(LoopMode.Step)]
    public async Task The_orchestrator_generates_for_the_tenant_of_the_key(LoopMode mode)
    {
        var tenant = $"through-{mode}";
        var key = await fixture.KeyAsync("generate", tenant);
        var first = mode == LoopMode.Step ? 300 : 600;
        using (var channel = fixture.Connect("orchestrator", key))
        {
            using var call = new V1.Orchestrator.OrchestratorClient(channel.Invoker).Generate(
                new GenerateRequest { Tokens = Prompt(first), MaxTokens = 1, Mode = mode, Sampling = new SamplingProgram { Temperature = 0 } }, Options);
            await foreach (var _ in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            {
            }
        }

        // The orchestrator's certificate may claim any tenant, so it can look what was kept for whom.
        Assert.Equal(0, await CachedAsync(null, "", first, "orchestrator"));
        Assert.Equal(0, await CachedAsync(null, "another", first, "orchestrator"));
        Assert.True(await CachedAsync(null, tenant, first, "orchestrator") > 0);
    }

    [Fact]
    public async Task Neither_prompts_nor_keys_are_in_the_log()
    {
        var key = await fixture.KeyAsync("generate,tokenize,classify", "quiet");
        const string Secret = "xylophone";
        using (var channel = fixture.Connect("orchestrator", key))
        {
            var client = new V1.Orchestrator.OrchestratorClient(channel.Invoker);
            foreach (var request in (GenerateRequest[])
            [
                new() { Text = Secret, MaxTokens = 2 },
                new() { Text = Secret, MaxTokens = -1 },
                new() { Text = string.Concat(Enumerable.Repeat(Secret + " ", 300)), MaxTokens = 2 },
                new() { Chat = new ChatMessages { Messages = { new ChatMessage { Role = Secret, Content = Secret } } }, Model = "lab-chat", MaxTokens = 2 },
            ])
            {
                using var call = client.Generate(request, Options);
                await EndedAsync(call.ResponseStream);
            }
        }

        using (var channel = fixture.Connect("tokenizer", key))
        {
            await new V1.Tokenizer.TokenizerClient(channel.Invoker).EncodeAsync(new EncodeRequest { Text = Secret }, Options);
        }

        using (var channel = fixture.Connect("classifier", key))
        {
            await new V1.Classifier.ClassifierClient(channel.Invoker).ClassifyAsync(new ClassifyRequest { Text = Secret }, Options);
        }

        using (var channel = fixture.Connect("preferences", key + "x"))
        {
            await Assert.ThrowsAsync<RpcException>(() => new V1.Preferences.PreferencesClient(channel.Invoker)
                .CountPreferencesAsync(new CountPreferencesRequest { Rater = Secret }, Options).ResponseAsync);
        }

        // It does log at this level: what is missing is not the log.
        Assert.Contains("tokens", fixture.Lab.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, fixture.Lab.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(key[..20], fixture.Lab.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_and_the_others_go_on()
    {
        var (revoked, kept) = (await fixture.KeyAsync("generate", "gone"), await fixture.KeyAsync("generate", "kept"));
        using var gone = fixture.Connect("orchestrator", revoked);
        using var going = fixture.Connect("orchestrator", kept);
        await new V1.Orchestrator.OrchestratorClient(gone.Invoker).ListModelsAsync(new ListModelsRequest(), Options);

        var (_, list, _) = await Lab.RunAsync("keys", "list", "--file", fixture.KeyFile);
        var id = list.Split('\n').Single(static line => line.Contains(" gone ", StringComparison.Ordinal)).Split(' ')[0];
        Assert.Equal(0, (await Lab.RunAsync("keys", "revoke", id, "--file", fixture.KeyFile)).ExitCode);

        var error = await Assert.ThrowsAsync<RpcException>(() =>
            new V1.Orchestrator.OrchestratorClient(gone.Invoker).ListModelsAsync(new ListModelsRequest(), Options).ResponseAsync);
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        await new V1.Orchestrator.OrchestratorClient(going.Invoker).ListModelsAsync(new ListModelsRequest(), Options);
    }

    [Fact]
    public async Task Certificates_are_replaced_on_demand_alone_and_their_authority_stays()
    {
        var folder = Directory.CreateTempSubdirectory("lab-certs-");
        try
        {
            var certificates = new CertificateFolder(folder.FullName);
            Assert.Equal(0, (await Lab.RunAsync("certs", "--out", folder.FullName)).ExitCode);
            var (authority, decoder) = (await File.ReadAllTextAsync(certificates.Authority, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(certificates.Certificate("decoder"), TestContext.Current.CancellationToken));
            foreach (var key in folder.EnumerateFiles("*-key.pem"))
            {
                Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(key.FullName) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), key.Name);
            }

            await RefusedAsync("--force", ["certs", "--out", folder.FullName]);
            Assert.Equal(decoder, await File.ReadAllTextAsync(certificates.Certificate("decoder"), TestContext.Current.CancellationToken));
            Assert.Equal(0, (await Lab.RunAsync("certs", "--out", folder.FullName, "--force")).ExitCode);
            Assert.Equal(authority, await File.ReadAllTextAsync(certificates.Authority, TestContext.Current.CancellationToken));
            Assert.NotEqual(decoder, await File.ReadAllTextAsync(certificates.Certificate("decoder"), TestContext.Current.CancellationToken));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Every_method_of_every_service_is_shut_without_its_scope()
    {
        await using var lab = await LabProcess.StartAsync(
            "inproc", cancellation: TestContext.Current.CancellationToken, options: ["--api-keys", fixture.KeyFile]);
        var address = new Uri(lab.Grpc("orchestrator"));
        var scopes = new Dictionary<string, string>
        {
            ["Orchestrator"] = ApiScopes.Generate,
            ["GRPCInferenceService"] = ApiScopes.Generate,
            ["Decoder"] = ApiScopes.Generate,
            ["TrainingRecords"] = ApiScopes.Generate,
            ["AttentionMaps"] = ApiScopes.Generate,
            ["Tokenizer"] = ApiScopes.Tokenize,
            ["Classifier"] = ApiScopes.Classify,
            ["Preferences"] = ApiScopes.Preferences,
            ["DecoderControl"] = ApiScopes.Control,
        };
        using var nobody = new LabChannel(address);
        var keyed = new Dictionary<string, LabChannel>();
        foreach (var scope in ApiScopes.All)
        {
            keyed[scope] = new LabChannel(address, new LabCredentials { ApiKey = await fixture.KeyAsync(scope, "all") });
        }

        foreach (var method in Methods())
        {
            Assert.Equal((method.FullName, StatusCode.Unauthenticated), (method.FullName, await StatusAsync(nobody, method)));
            foreach (var (scope, channel) in keyed)
            {
                // What would change the running lab is held by the keys that may not do it.
                if (scope != scopes[method.Service.Name])
                {
                    Assert.Equal((method.FullName, StatusCode.PermissionDenied), (method.FullName, await StatusAsync(channel, method)));
                }
                else if (scope != ApiScopes.Control || method.Name == nameof(DecoderControl.DecoderControlClient.UnloadDecoder))
                {
                    Assert.DoesNotContain(await StatusAsync(channel, method), new[] { StatusCode.Unauthenticated, StatusCode.PermissionDenied, StatusCode.Unimplemented });
                }
            }
        }

        foreach (var channel in keyed.Values)
        {
            channel.Dispose();
        }
    }

    [Theory]
    [InlineData("Tokenizer")]
    [InlineData("Orchestrator")]
    public async Task A_service_that_anyone_could_call_does_not_start(string service)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = AppContext.BaseDirectory };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, $"GenAiLab.{service}.dll"));
        start.Environment["Kestrel__Endpoints__grpc__Url"] = "http://0.0.0.0:0";
        start.Environment["Kestrel__Endpoints__http__Url"] = "http://127.0.0.1:0";

        var (exitCode, output, errors) = await Lab.RunAsync(start);

        Assert.Equal(1, exitCode);
        Assert.Contains("Security:AllowPublicWithoutKeys", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + errors, StringComparison.Ordinal);
    }

    private static IEnumerable<MethodDescriptor> Methods() =>
        from type in typeof(GenerateRequest).Assembly.GetTypes()
        let file = type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as FileDescriptor
        where file is not null
        from service in file.Services
        from method in service.Methods
        select method;

    private static async Task<StatusCode> StatusAsync(LabChannel channel, MethodDescriptor method)
    {
        // An empty request is every message; on the wire a single response is a stream of one.
        var bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);
        using var call = channel.Invoker.AsyncServerStreamingCall(
            new Method<byte[], byte[]>(MethodType.ServerStreaming, method.Service.FullName, method.Name, bytes, bytes), null, Options, []);
        return await EndedAsync(call.ResponseStream);
    }

    private static async Task<StatusCode> EndedAsync<T>(IAsyncStreamReader<T> responses)
    {
        try
        {
            while (await responses.MoveNext(TestContext.Current.CancellationToken))
            {
            }

            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private HttpClient Https(string key)
    {
        var files = new CertificateFiles(new CertificatePaths(
            new("cert", _certificates.Certificate("client")), new("key", _certificates.Key("client")), new("ca", _certificates.Authority)));
        var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new()
            {
                LocalCertificateSelectionCallback = (_, _, _, _, _) => files.Current.Certificate!,
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    PeerCertificate.Obstacle(certificate, chain, errors, files.Current.Authority!, Peer.Server) is null,
            },
        });
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    private static async Task RefusedAsync(string reason, string[] arguments)
    {
        var (exitCode, output, errors) = await Lab.RunAsync(arguments);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(reason, errors, StringComparison.Ordinal);
    }

    private static TokenIds Prompt(int first) => new() { Ids = { Enumerable.Range(first, 200) } };

    /// <summary>How much of a prompt the decoder's cache supplies.</summary>
    private async Task<int> CachedAsync(string? key, string claimed, int first, string certificate = CertificateFolder.Client)
    {
        using var channel = fixture.Connect("decoder", key, certificate);
        using var call = new V1.Decoder.DecoderClient(channel.Invoker).GenerateTokens(
            new GenerateTokensRequest
            {
                Prompt = Prompt(first),
                MaxTokens = 1,
                Sampling = new SamplingProgram { Temperature = 0, Seed = 1 },
                Admission = new Admission { Tenant = claimed },
            },
            Options);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var cached = call.ResponseStream.Current.CachedPromptTokens;
        await EndedAsync(call.ResponseStream);
        return cached;
    }

    private async Task<string> ForeignAsync(string folder, string certificate, string key, string apiKey)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder };
        foreach (var argument in new[]
        {
            "generate.mjs", new Uri(fixture.Lab.Grpc("orchestrator")).Authority, Path.Combine(Lab.Repository, "protos"),
            """{"text":"The capital of France is","max_tokens":2,"sampling":{"temperature":0}}""",
        })
        {
            start.ArgumentList.Add(argument);
        }

        (start.Environment["CA"], start.Environment["CERT"], start.Environment["KEY"], start.Environment["API_KEY"]) = (_certificates.Authority, certificate, key, apiKey);
        var (_, output, _) = await Lab.RunAsync(start);
        return JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("status").GetString()!;
    }
}
