using System.Diagnostics;
using System.Net.Http.Headers;

namespace GenAiLab.EndToEnd.Faces;

/// <summary>The tests that share a <see cref="FacesLab"/>.</summary>
[CollectionDefinition(Name)]
public sealed class FacesCollection : ICollectionFixture<FacesLab>
{
    public const string Name = "Faces";
}

/// <summary>One lab, in one process and with API keys, for the tests of its faces.</summary>
public sealed class FacesLab : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lab-faces-");

    private LabProcess _lab = null!;

    /// <summary>A key that may generate and classify.</summary>
    public string Key { get; private set; } = "";

    /// <summary>A key that may only cut texts into tokens.</summary>
    public string PoorKey { get; private set; } = "";

    /// <summary>Where HTTP/1.1 is spoken.</summary>
    public string Http => _lab.Http("orchestrator");

    public string Grpc => _lab.Grpc("orchestrator");

    /// <summary>What lab up printed.</summary>
    public string Output => _lab.Output;

    public async ValueTask InitializeAsync()
    {
        Key = await KeyAsync("generate,classify", "10000");
        PoorKey = await KeyAsync("tokenize", "10000");
        _lab = await LabProcess.StartAsync("inproc", options: ["--api-keys", KeyFile]);
    }

    /// <summary>A client with a key; null: none.</summary>
    public HttpClient Client(string? key)
    {
        var client = new HttpClient { BaseAddress = new Uri(Http), Timeout = TimeSpan.FromMinutes(1) };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Runs a script with clients that are not ours.</summary>
    public static async Task<string> ForeignAsync(params string[] arguments)
    {
        var folder = Path.Combine(Lab.Repository, "tests/GenAiLab.EndToEnd/foreign");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");
        var start = new ProcessStartInfo("node", arguments) { WorkingDirectory = folder };
        var (exitCode, output, errors) = await Lab.RunAsync(start);
        Assert.True(exitCode == 0, errors);
        return output;
    }

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>A new key that may start two calls a minute.</summary>
    public Task<string> SlowKeyAsync() => KeyAsync("generate", "2");

    /// <summary>A new key with these scopes.</summary>
    public Task<string> KeyAsync(string scopes) => KeyAsync(scopes, "10000");

    private string KeyFile => Path.Combine(_folder.FullName, "keys.json");

    private async Task<string> KeyAsync(string scopes, string perMinute)
    {
        var (exitCode, output, _) = await Lab.RunAsync("keys", "create", "--scopes", scopes, "--per-minute", perMinute, "--file", KeyFile);
        Assert.Equal(0, exitCode);
        return output.Trim();
    }
}
