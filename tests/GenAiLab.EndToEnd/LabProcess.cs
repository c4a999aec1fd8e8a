using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace GenAiLab.EndToEnd;

/// <summary>A <c>lab up</c> in its own process, as a user starts it, on free ports.</summary>
public sealed partial class LabProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, string> _addresses = new();
    private readonly ConcurrentDictionary<string, string> _httpAddresses = new();

    private LabProcess(Process process) => _process = process;

    public string Output => string.Join('\n', _output);

    public int Id => _process.Id;

    public string Grpc(string service) => _addresses[service];

    public string Http(string service) => _httpAddresses[service];

    /// <summary>Where browsers find the web console, where it was started.</summary>
    public string ConsoleAddress { get; private set; } = "";

    /// <summary>Starts the services without the web console.</summary>
    public static Task<LabProcess> StartAsync(
        string topology, IReadOnlyDictionary<string, string>? environment = null, CancellationToken cancellation = default, params IEnumerable<string> options) =>
        StartAsync(["--topology", topology, "--no-console", .. options], environment, cancellation);

    /// <summary>Starts everything.</summary>
    public static Task<LabProcess> StartWithConsoleAsync(
        IReadOnlyDictionary<string, string>? environment = null, CancellationToken cancellation = default, params IEnumerable<string> options) =>
        StartAsync(options, environment, cancellation);

    private static async Task<LabProcess> StartAsync(IEnumerable<string> options, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellation)
    {
        var start = Lab.StartInfo(["up", "--port", "0", .. options]);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var lab = new LabProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        lab._process.OutputDataReceived += (_, line) => lab.Read(line.Data);
        lab._process.ErrorDataReceived += (_, line) => lab.Read(line.Data);
        lab._process.Exited += (_, _) => lab._up.TrySetException(new InvalidOperationException($"lab up ended:\n{lab.Output}"));
        lab._process.Start();
        lab._process.BeginOutputReadLine();
        lab._process.BeginErrorReadLine();
        try
        {
            await lab._up.Task.WaitAsync(StartLimit, cancellation);
        }
        catch
        {
            // Nobody would end it.
            lab._process.Kill(entireProcessTree: true);
            lab._process.Dispose();
            throw;
        }

        return lab;
    }

    /// <summary>Ends the lab as Ctrl+C does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await InterruptAsync();
        }

        _process.Dispose();
    }

    [GeneratedRegex(@"^\s+(?<service>\w+)\s+gRPC (?<address>https?://\S+)\s+health (?<http>https?://\S+)/health")]
    private static partial Regex AddressLine();

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        if (AddressLine().Match(line) is { Success: true } match)
        {
            _addresses[match.Groups["service"].Value] = match.Groups["address"].Value;
            _httpAddresses[match.Groups["service"].Value] = match.Groups["http"].Value;
        }

        if (line.TrimStart().StartsWith("Web console:", StringComparison.Ordinal))
        {
            ConsoleAddress = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
        }

        if (line.StartsWith("Ctrl+C", StringComparison.Ordinal))
        {
            _up.TrySetResult();
        }
    }
}
