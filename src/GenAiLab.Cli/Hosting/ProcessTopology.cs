using System.Collections.Concurrent;
using System.Diagnostics;
using GenAiLab.Cli.Commands;
using GenAiLab.Client;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Cli.Hosting;

/// <summary>
/// One process per service, on loopback: the services' own programs, as they would run alone, with
/// ports, addresses and folders in their environment. Their standard input is a pipe that this
/// process holds, and they end when it does. Where there are several decoders, one that ends is started again.
/// </summary>
internal sealed class ProcessTopology(LabSettings settings) : ILabTopology
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    // One that ends sooner, and so often in a row, would be started again for ever.
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(5);
    private const int MostShortLives = 5;
    private readonly ConcurrentDictionary<string, Process> _processes = new();

    public string Name => "processes";

    public async Task StartAsync(CancellationToken cancellation)
    {
        var names = settings.Ports.Processes.Where(name => settings.Services.Contains(ServicePorts.ServiceOf(name))).ToList();
        foreach (var name in names)
        {
            _processes[name] = Start(name);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(StartLimit);
        var failure = Task.WhenAny(names.Select(name => ThrowWhenEndedAsync(name, limit.Token))).Unwrap();
        var serving = Task.WhenAll(names.Select(name => WaitUntilServingAsync(name, limit.Token)));
        try
        {
            await await Task.WhenAny(serving, failure);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandException($"the services were not ready after {StartLimit.TotalSeconds:0} s; --verbose shows what they do");
        }
        finally
        {
            // Whichever goes on has no one waiting for it any more.
            await limit.CancelAsync();
            await Task.WhenAll(serving, failure).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task WaitForFailureAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = _processes.Keys.Select(name => IsReplaceable(name) ? KeepRunningAsync(name, ending.Token) : ThrowWhenEndedAsync(name, ending.Token)).ToList();
        try
        {
            await await Task.WhenAny(watching);
        }
        finally
        {
            // None is started any more when this is disposed.
            await ending.CancelAsync();
            await Task.WhenAll(watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Resident bytes of a service's process.</summary>
    public long WorkingSet(string service)
    {
        _processes[service].Refresh();
        return _processes[service].WorkingSet64;
    }

    /// <summary>Processor time that all processes have taken.</summary>
    public TimeSpan ProcessorTime()
    {
        var sum = TimeSpan.Zero;
        foreach (var process in _processes.Values)
        {
            process.Refresh();
            sum += process.TotalProcessorTime;
        }

        return sum;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            process.StandardInput.Close();
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        foreach (var process in _processes.Values)
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
        }

        settings.Ports.Dispose();
    }

    private bool IsReplaceable(string name) => settings.Ports.Decoders.Count() > 1 && settings.Ports.Decoders.Contains(name);

    private async Task ThrowWhenEndedAsync(string name, CancellationToken cancellation)
    {
        await _processes[name].WaitForExitAsync(cancellation);
        throw new CommandException($"the {name} ended with exit code {_processes[name].ExitCode}; its last lines are above");
    }

    private async Task KeepRunningAsync(string name, CancellationToken cancellation)
    {
        for (var shortLives = 0; ;)
        {
            var (process, started) = (_processes[name], Stopwatch.GetTimestamp());
            await process.WaitForExitAsync(cancellation);
            shortLives = Stopwatch.GetElapsedTime(started) < ShortLife ? shortLives + 1 : 0;
            if (shortLives == MostShortLives)
            {
                throw new CommandException($"the {name} ended with exit code {process.ExitCode}, {shortLives} times as soon as it had been started; its last lines are above");
            }

            await Console.Error.WriteLineAsync($"lab: the {name} ended with exit code {process.ExitCode}; it is started again");
            _processes[name] = Start(name);
            process.Dispose();
        }
    }

    private Process Start(string name)
    {
        var service = ServicePorts.ServiceOf(name);
        var assembly = $"GenAiLab.{char.ToUpperInvariant(service[0])}{service[1..]}.dll";
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // The services' content root: no appsettings.json of another program may lie in it.
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly));
        var configuration = settings.Configuration()
            .Concat(settings.Endpoints(name))
            .Concat(Security(service))
            .Concat(service == "preferences" ? settings.PreferencesConfiguration() : [])
            .Concat(settings.Ports.Addresses())
            .Concat(IsReplaceable(name) ? [new("Decoder:AllowsKill", "true")] : [])
            .Append(new("Lifetime:EndWithStandardInput", "true"));
        foreach (var (key, value) in configuration)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var process = Process.Start(start) ?? throw new CommandException($"the {name} could not be started");
        process.OutputDataReceived += (_, line) => Forward(name, line.Data);
        process.ErrorDataReceived += (_, line) => Forward(name, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    // Without certificates a service cannot prove to a tokenizer, a classifier or a decoder who it is, so keys guard
    // only what no service calls.
    private IEnumerable<KeyValuePair<string, string?>> Security(string service) => service is "tokenizer" or "classifier" or "decoder" && settings.Tls is null
        ? []
        : settings.SecurityConfiguration(service);

    private static void Forward(string service, string? line)
    {
        if (!string.IsNullOrEmpty(line))
        {
            Console.Error.WriteLine($"[{service}] {line}");
        }
    }

    private async Task WaitUntilServingAsync(string service, CancellationToken cancellation)
    {
        using var channel = new LabChannel(new Uri(settings.Ports.GrpcAddress(service)), settings.Credentials);
        var health = new Health.HealthClient(channel.Invoker);
        while (true)
        {
            try
            {
                // The stream says NOT_SERVING until the models are loaded, then SERVING.
                using var watch = health.Watch(new HealthCheckRequest(), new CallOptions(cancellationToken: cancellation).WithWaitForReady());
                while (await watch.ResponseStream.MoveNext(cancellation))
                {
                    if (watch.ResponseStream.Current.Status == HealthCheckResponse.Types.ServingStatus.Serving)
                    {
                        return;
                    }
                }
            }
            catch (RpcException) when (!cancellation.IsCancellationRequested)
            {
                // Not listening yet.
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
            }
        }
    }
}
