using System.Diagnostics;
using GenAiLab.Cli.Commands;
using GenAiLab.Client;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Cli.Hosting;

/// <summary>
/// One process per service, on loopback: the services' own programs, as they would run alone, with
/// ports, addresses and folders in their environment. Their standard input is a pipe that this
/// process holds, and they end when it does.
/// </summary>
internal sealed class ProcessTopology(LabSettings settings) : ILabTopology
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, Process> _processes = [];

    public string Name => "processes";

    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var service in settings.Services)
        {
            _processes[service] = Start(service);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(StartLimit);
        var failure = WaitForFailureAsync(limit.Token);
        var serving = Task.WhenAll(settings.Services.Select(service => WaitUntilServingAsync(service, limit.Token)));
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
        var ended = await Task.WhenAny(_processes.Select(async service =>
        {
            await service.Value.WaitForExitAsync(cancellation);
            return service.Key;
        }));
        var name = await ended;
        throw new CommandException($"the {name} ended with exit code {_processes[name].ExitCode}; its last lines are above");
    }

    /// <summary>Resident bytes of a service's process.</summary>
    public long WorkingSet(string service)
    {
        _processes[service].Refresh();
        return _processes[service].WorkingSet64;
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

    private Process Start(string service)
    {
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
            .Concat(settings.Endpoints(service))
            .Concat(Security(service))
            .Concat(service == "preferences" ? settings.PreferencesConfiguration() : [])
            .Concat(ServicePorts.Services.Select(other => new KeyValuePair<string, string?>($"services:{other}:grpc:0", settings.Ports.GrpcAddress(other))))
            .Append(new("Lifetime:EndWithStandardInput", "true"));
        foreach (var (key, value) in configuration)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var process = Process.Start(start) ?? throw new CommandException($"the {service} could not be started");
        process.OutputDataReceived += (_, line) => Forward(service, line.Data);
        process.ErrorDataReceived += (_, line) => Forward(service, line.Data);
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
