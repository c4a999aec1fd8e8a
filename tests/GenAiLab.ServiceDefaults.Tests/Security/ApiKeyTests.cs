using GenAiLab.Security;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults.Tests.InProcess;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>What a key opens and what stays shut.</summary>
public sealed class ApiKeyTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string KeyFile => _temporary["keys.json"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Only_a_known_key_with_the_scope_opens_a_method()
    {
        var good = Keyed.AddKey(KeyFile, 100, null, ApiScopes.Tokenize);
        var other = Keyed.AddKey(KeyFile, 100, null, ApiScopes.Generate, ApiScopes.Classify, ApiScopes.Control, ApiScopes.Preferences);
        var all = Keyed.AddKey(KeyFile, 100, null, [.. ApiScopes.All]);
        await using var host = await SecureHost.StartAsync(("ApiKeys:File", KeyFile));
        using var channel = GrpcChannel.ForAddress(host.Address);

        foreach (var header in new[] { null, "", good, $"Basic {good}", "Bearer", "Bearer ", $"Bearer {good}x", $"Bearer {good[..^1]}", $"Bearer {new string('k', 10_000)}" })
        {
            Assert.Equal(StatusCode.Unauthenticated, await StatusAsync(channel, header));
        }

        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(channel, $"Bearer {other}"));
        Assert.Equal(StatusCode.OK, await StatusAsync(channel, $"Bearer {good}"));
        Assert.Equal(StatusCode.OK, await StatusAsync(channel, $"bearer {all}"));
        Assert.DoesNotContain(good, host.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(other, host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_method_without_a_scope_is_shut_for_every_key_and_health_is_open()
    {
        var all = Keyed.AddKey(KeyFile, 100, null, [.. ApiScopes.All]);
        await using var host = await SecureHost.StartAsync("Development", null, ("ApiKeys:File", KeyFile));
        using var channel = GrpcChannel.ForAddress(host.Address);
        var methods = new[] { "genailab.v1.Decoder/Step", "genailab.v1.Tokenizer/NoSuchMethod", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" };

        foreach (var method in methods)
        {
            Assert.Equal(StatusCode.Unauthenticated, await RawAsync(channel.CreateCallInvoker(), method));
            Assert.Equal(StatusCode.PermissionDenied, await RawAsync(channel.With($"Bearer {all}"), method));
        }

        await new Grpc.Health.V1.Health.HealthClient(channel).CheckAsync(new HealthCheckRequest()).ResponseAsync.Patiently();
    }

    [Fact]
    public async Task An_http_endpoint_is_shut_as_a_method_is_and_probes_are_open()
    {
        var all = Keyed.AddKey(KeyFile, 3, "team", [.. ApiScopes.All]);
        var other = Keyed.AddKey(KeyFile, 100, null, ApiScopes.Generate);
        await using var host = await SecureHost.StartAsync(("ApiKeys:File", KeyFile));

        Assert.Equal(401, (await GetAsync(host, "/open-by-mistake", null)).Status);
        Assert.Equal(403, (await GetAsync(host, "/open-by-mistake", all)).Status);
        Assert.Equal(401, (await GetAsync(host, "/scoped", null)).Status);
        Assert.Equal(403, (await GetAsync(host, "/scoped", other)).Status);
        Assert.Equal((200, "team"), await GetAsync(host, "/scoped", all));
        await GetAsync(host, "/scoped", all);
        await GetAsync(host, "/scoped", all);
        var (status, body) = await GetAsync(host, "/scoped", all);
        Assert.Equal(429, status);
        Assert.Contains("google.rpc.RetryInfo", body, StringComparison.Ordinal);
        Assert.Equal(200, (await GetAsync(host, "/alive", null)).Status);
        Assert.Equal(200, (await GetAsync(host, "/health", null)).Status);
        Assert.Equal(404, (await GetAsync(host, "/nothing", null)).Status);
    }

    [Fact]
    public async Task Above_its_rate_a_key_is_told_how_long_to_wait()
    {
        var key = Keyed.AddKey(KeyFile, 2, null, ApiScopes.Tokenize);
        var other = Keyed.AddKey(KeyFile, 2, null, ApiScopes.Tokenize);
        var time = new ManualTime();
        await using var host = await SecureHost.StartAsync("Production", time, ("ApiKeys:File", KeyFile));
        using var channel = GrpcChannel.ForAddress(host.Address);

        await EncodeAsync(channel, $"Bearer {key}");
        await EncodeAsync(channel, $"Bearer {key}");
        var refused = await Within.FailsAsync(() => EncodeAsync(channel, $"Bearer {key}"));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(30), refused.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
        await EncodeAsync(channel, $"Bearer {other}");
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(StatusCode.ResourceExhausted, await StatusAsync(channel, $"Bearer {key}"));
        time.Advance(TimeSpan.FromSeconds(1));
        await EncodeAsync(channel, $"Bearer {key}");
        time.Advance(TimeSpan.FromHours(1));
        await EncodeAsync(channel, $"Bearer {key}");
        await EncodeAsync(channel, $"Bearer {key}");
        Assert.Equal(StatusCode.ResourceExhausted, await StatusAsync(channel, $"Bearer {key}"));
    }

    [Fact]
    public async Task A_change_of_the_file_holds_with_the_next_call_and_a_broken_file_changes_nothing()
    {
        var first = Keyed.AddKey(KeyFile, 100, null, ApiScopes.Tokenize);
        await using var host = await SecureHost.StartAsync(("ApiKeys:File", KeyFile));
        using var channel = GrpcChannel.ForAddress(host.Address);
        Assert.Equal(StatusCode.OK, await StatusAsync(channel, $"Bearer {first}"));

        var second = Keyed.AddKey(KeyFile, 100, null, ApiScopes.Tokenize);
        Assert.Equal(StatusCode.OK, await StatusAsync(channel, $"Bearer {second}"));
        ApiKeyFile.Change(new("file", KeyFile), keys => keys.Skip(1));
        Assert.Equal(StatusCode.Unauthenticated, await StatusAsync(channel, $"Bearer {first}"));

        await File.WriteAllTextAsync(KeyFile, """{"keys": [{"id": "x"}]}""");
        Assert.Equal(StatusCode.OK, await StatusAsync(channel, $"Bearer {second}"));
        Assert.Contains("keys[0].hash must be", host.Log, StringComparison.Ordinal);
        File.Delete(KeyFile);
        Assert.Equal(StatusCode.OK, await StatusAsync(channel, $"Bearer {second}"));

        var third = Keyed.AddKey(KeyFile, 100, null, ApiScopes.Tokenize);
        Assert.Equal(StatusCode.OK, await StatusAsync(channel, $"Bearer {third}"));
        Assert.Equal(StatusCode.Unauthenticated, await StatusAsync(channel, $"Bearer {second}"));
    }

    [Fact]
    public async Task A_service_of_the_lab_needs_no_key_and_a_mere_caller_does()
    {
        var folder = Certified.Folder(_temporary["certs"]);
        Keyed.AddKey(KeyFile, 100, null, ApiScopes.Tokenize);
        await using var host = await SecureHost.StartAsync([.. folder.Settings("tokenizer"), ("ApiKeys:File", KeyFile)]);

        using var orchestrator = Certified.Connect(host.Address, folder, folder, "orchestrator");
        Assert.Equal(StatusCode.OK, await StatusAsync(orchestrator, null));
        using var caller = Certified.Connect(host.Address, folder, folder);
        Assert.Equal(StatusCode.Unauthenticated, await StatusAsync(caller, null));
        using var tokenizer = Certified.Connect(host.Address, folder, folder, "tokenizer");
        Assert.Equal(StatusCode.Unauthenticated, await StatusAsync(tokenizer, null));
    }

    [Fact]
    public async Task A_service_without_a_certificate_sends_its_own_key()
    {
        var key = Keyed.AddKey(KeyFile, 100, null, ApiScopes.Tokenize);
        await using var tokenizer = await SecureHost.StartAsync(("ApiKeys:File", KeyFile));
        await using var caller = await SecureHost.StartAsync(("services:tokenizer:grpc:0", tokenizer.Address), ("ApiKeys:Outgoing", key));

        await caller.Downstream.EncodeAsync(new EncodeRequest { Text = "hello" }).ResponseAsync.Patiently();
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("""{"\ud800": 1}""", "valid Unicode")]
    [InlineData("[]", "keys")]
    [InlineData("""{"keys": [], "more": 1}""", "keys")]
    [InlineData("""{"keys": [{"id": "a b", "hash": "HASH", "scopes": [], "per_minute": 1}]}""", "keys[0].id")]
    [InlineData("""{"keys": [{"id": "a", "hash": "12", "scopes": [], "per_minute": 1}]}""", "keys[0].hash")]
    [InlineData("""{"keys": [{"id": "a", "hash": "HASH", "scopes": ["all"], "per_minute": 1}]}""", "keys[0].scopes")]
    [InlineData("""{"keys": [{"id": "a", "hash": "HASH", "scopes": []}]}""", "keys[0].per_minute")]
    [InlineData("""{"keys": [{"id": "a", "hash": "HASH", "scopes": [], "per_minute": 0}]}""", "keys[0].per_minute")]
    [InlineData("""{"keys": [{"id": "a", "hash": "HASH", "scopes": [], "per_minute": 1, "tenant": "a/b"}]}""", "keys[0].tenant")]
    [InlineData("""{"keys": [{"id": "a", "hash": "HASH", "scopes": [], "per_minute": 1, "perminute": 1}]}""", "keys[0]")]
    public async Task A_file_that_is_wrong_stops_the_start_and_the_property_is_named(string text, string culprit)
    {
        await File.WriteAllTextAsync(KeyFile, text.Replace("HASH", new string('a', 64), StringComparison.Ordinal));

        var error = await Assert.ThrowsAsync<SecurityFileException>(() => SecureHost.StartAsync(("ApiKeys:File", KeyFile)));

        Assert.Contains(culprit, error.Message, StringComparison.Ordinal);
        Assert.Contains("ApiKeys:File", error.Message, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Body)> GetAsync(SecureHost host, string path, string? key)
    {
        using var client = new HttpClient { DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new("Bearer", key);
        using var response = await client.GetAsync(host.Address + path).Patiently();
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync().Patiently());
    }

    private static Task EncodeAsync(GrpcChannel channel, string? header) =>
        new V1.Tokenizer.TokenizerClient(channel.With(header)).EncodeAsync(new EncodeRequest { Text = "hello" }).ResponseAsync.Patiently();

    private static async Task<StatusCode> StatusAsync(GrpcChannel channel, string? header)
    {
        try
        {
            await EncodeAsync(channel, header);
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private static async Task<StatusCode> RawAsync(CallInvoker invoker, string method)
    {
        var bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);
        var parts = method.Split('/');
        using var call = invoker.AsyncServerStreamingCall(
            new Method<byte[], byte[]>(MethodType.ServerStreaming, parts[0], parts[1], bytes, bytes), null, new CallOptions(), []);
        return (await Within.FailsAsync(() => call.ResponseStream.MoveNext(CancellationToken.None))).StatusCode;
    }
}
