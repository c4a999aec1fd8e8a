using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using GenAiLab.Cli.Commands;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace GenAiLab.Cli.Hosting;

/// <summary>
/// One service in a process of its own that is ended, frozen and started again while others run. Its standard
/// input is a pipe that this process holds, and it ends when this one does.
/// </summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(50);

    // Of an error with its stack there are some dozens.
    private const int KeptLines = 400;
    private readonly ConcurrentQueue<string> _lines;
    private readonly Process _process;
    private readonly string _service;

    private ServiceProcess(Process process, string service, Uri address, ConcurrentQueue<string> lines) =>
        (_process, _service, Address, Channel, _lines) = (process, service, address, GrpcChannel.ForAddress(address), lines);

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>A connection of its own.</summary>
    public GrpcChannel Channel { get; }

    /// <summary>Its number in the operating system.</summary>
    public int Id => _process.Id;

    /// <summary>The newest lines of its log.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Memory in use, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a service and waits until it is SERVING.</summary>
    /// <param name="service">For example "decoder".</param>
    /// <param name="address">Its gRPC address; HTTP/1.1 health gets a free port.</param>
    /// <param name="configuration">What is set in its environment.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <param name="launcher">Program and arguments that run it, such as <c>ip netns exec NAME</c>; empty: none.</param>
    /// <exception cref="CommandException">It ended, or was not ready in time.</exception>
    public static async Task<ServiceProcess> StartAsync(
        string service, Uri address, IEnumerable<KeyValuePair<string, string?>> configuration, CancellationToken cancellation,
        params IReadOnlyList<string> launcher)
    {
        string[] command = [.. launcher, "dotnet", Path.Combine(AppContext.BaseDirectory, $"GenAiLab.{char.ToUpperInvariant(service[0])}{service[1..]}.dll")];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        KeyValuePair<string, string?>[] endpoints =
        [
            new("Kestrel:Endpoints:grpc:Url", address.ToString()),
            new("Kestrel:Endpoints:grpc:Protocols", "Http2"),
            new("Kestrel:Endpoints:http:Url", $"http://{address.Host}:0"),
            new("Kestrel:Endpoints:http:Protocols", "Http1"),
            new("Lifetime:EndWithStandardInput", "true"),
        ];
        foreach (var (key, value) in endpoints.Concat(configuration))
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var process = Process.Start(start) ?? throw new CommandException($"the {service} could not be started");
        ConcurrentQueue<string> lines = [];
        process.OutputDataReceived += (_, line) => Forward(service, line.Data, lines);
        process.ErrorDataReceived += (_, line) => Forward(service, line.Data, lines);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var started = new ServiceProcess(process, service, address, lines);
        try
        {
            await started.WaitUntilServingAsync(cancellation);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM, as an orchestrator of containers sends it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync(CancellationToken cancellation)
    {
        Signal("TERM");
        await _process.WaitForExitAsync(cancellation).WaitAsync(EndLimit, cancellation);
        return _process.ExitCode;
    }

    /// <summary>SIGSTOP: its connections stay open, and nothing comes out of them.</summary>
    public void Freeze() => Signal("STOP");

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Signal("CONT");

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>What a decoder says of its load.</summary>
    public async Task<ReportLoadResponse> ReportLoadAsync(CancellationToken cancellation) =>
        await new V1.Decoder.DecoderClient(Channel).ReportLoadAsync(new ReportLoadRequest(), cancellationToken: cancellation);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        if (!_process.HasExited)
        {
            // It may be frozen: no word would reach it.
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private async Task WaitUntilServingAsync(CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var health = new Health.HealthClient(Channel);
        while (!_process.HasExited)
        {
            try
            {
                var answer = await health.CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow.AddSeconds(5), cancellationToken: cancellation);
                if (answer.Status == HealthCheckResponse.Types.ServingStatus.Serving)
                {
                    return;
                }
            }
            catch (RpcException) when (!cancellation.IsCancellationRequested)
            {
                // Not listening yet.
            }

            if (Stopwatch.GetElapsedTime(started) > StartLimit)
            {
                throw new CommandException($"the {_service} was not ready after {StartLimit.TotalSeconds:0} s");
            }

            await Task.Delay(LookPeriod, cancellation);
        }

        throw new CommandException($"the {_service} ended with exit code {_process.ExitCode}; its last lines are above");
    }

    private static void Forward(string service, string? line, ConcurrentQueue<string> lines)
    {
        if (!string.IsNullOrEmpty(line))
        {
            lines.Enqueue(line);
            if (lines.Count > KeptLines)
            {
                lines.TryDequeue(out _);
            }

            Console.Error.WriteLine($"[{service}] {line}");
        }
    }
}
