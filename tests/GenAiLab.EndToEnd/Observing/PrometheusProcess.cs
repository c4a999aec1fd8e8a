using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>A Prometheus of its own, on a free port, with the configuration and rules of deploy/prometheus.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _http;

    private PrometheusProcess(Process process, string folder, int port)
    {
        (_process, _folder) = (process, folder);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public const string Missing = "needs Debian's package prometheus";

    public static string Folder { get; } = Path.Combine(Lab.Repository, "deploy", "prometheus");

    /// <summary>Debian's package has both programs.</summary>
    public static bool IsInstalled { get; } = Array.TrueForAll(["prometheus", "promtool"], static name =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name))));

    /// <summary>Starts it.</summary>
    /// <param name="addresses">The HTTP addresses of the services, by their names.</param>
    public static PrometheusProcess Start(IReadOnlyDictionary<string, string> addresses)
    {
        var folder = Directory.CreateTempSubdirectory("lab-prometheus-").FullName;
        var configuration = File.ReadAllText(Path.Combine(Folder, "prometheus.yml"));
        // A test does not wait a quarter of a minute.
        configuration = configuration.Replace("interval: 15s", "interval: 1s", StringComparison.Ordinal);
        foreach (var (service, address) in addresses)
        {
            var job = configuration.IndexOf($"job_name: {service}", StringComparison.Ordinal);
            var from = configuration.IndexOf('[', job);
            configuration = $"{configuration[..from]}[\"{new Uri(address).Authority}\"]{configuration[(configuration.IndexOf(']', from) + 1)..]}";
        }

        File.WriteAllText(Path.Combine(folder, "prometheus.yml"), configuration);
        File.Copy(Path.Combine(Folder, "rules.yml"), Path.Combine(folder, "rules.yml"));
        var port = FreePort();
        var start = new ProcessStartInfo("prometheus") { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "--config.file=prometheus.yml", "--storage.tsdb.path=data", string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}") })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return new PrometheusProcess(process, folder, port);
    }

    /// <summary>What its HTTP interface answers; null while it does not listen yet.</summary>
    public async Task<JsonElement?> AskAsync(string path, CancellationToken cancellation)
    {
        Assert.False(_process.HasExited, "prometheus has ended");
        try
        {
            using var answer = await _http.GetAsync(path, cancellation);
            var body = await answer.Content.ReadAsStringAsync(cancellation);
            // While it replays its log it answers 503, in words.
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return null;
            }

            var json = JsonDocument.Parse(body).RootElement;
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {body}");
            return json.GetProperty("data");
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>How many series an expression has now.</summary>
    public async Task<int> CountAsync(string expression, CancellationToken cancellation) =>
        await AskAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}", cancellation) is { } data ? data.GetProperty("result").GetArrayLength() : 0;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
