using System.Diagnostics;
using GenAiLab.Cli.Commands;

namespace GenAiLab.Cli.Hosting;

/// <summary>
/// The web console in a process of its own, a client of the services like any other: it may end without them. Its
/// standard input is a pipe that this process holds, and it ends when this one does.
/// </summary>
internal sealed class ConsoleProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    private readonly Process _process;

    private ConsoleProcess(Process process) => _process = process;

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="settings">Where the services are, where it is to listen, and what it shows the services.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="CommandException">It ended, or did not answer in time.</exception>
    public static async Task<ConsoleProcess> StartAsync(LabSettings settings, CancellationToken cancellation)
    {
        var console = new ConsoleProcess(Start(settings));
        try
        {
            await console.WaitUntilAnsweringAsync(settings.Ports.ConsoleAddress, cancellation);
            return console;
        }
        catch
        {
            await console.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends when it ends.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(EndLimit);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static Process Start(LabSettings settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "GenAiLab.Console.dll")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        var configuration = settings.Configuration()
            .Concat(settings.Ports.Addresses())
            .Append(new("Kestrel:Endpoints:http:Url", settings.Public is null ? settings.Ports.ConsoleAddress : PublicConsole.Url(settings.Ports.Console)))
            .Append(new("Lifetime:EndWithStandardInput", "true"))
            // For the experiments that start labs of their own.
            .Append(new("Console:LabProgram", Path.Combine(AppContext.BaseDirectory, "lab.dll")))
            .Append(new("Console:LabModels", settings.ModelsRoot is { } models ? Path.GetFullPath(models) : null));
        foreach (var (key, value) in configuration)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        // By the environment: no process list shows it.
        if (settings.Public is { } open)
        {
            start.Environment["Console__Token"] = open.Token;
        }

        // A key for the services comes by GENAILAB_API_KEY, which it inherits.
        if (settings.Credentials is { } credentials)
        {
            start.Environment["GENAILAB_CA"] = credentials.Authority;
            start.Environment["GENAILAB_CERT"] = credentials.Certificate;
            start.Environment["GENAILAB_KEY"] = credentials.Key;
        }

        var process = Process.Start(start) ?? throw new CommandException("the console could not be started");
        process.OutputDataReceived += static (_, line) => Forward(line.Data);
        process.ErrorDataReceived += static (_, line) => Forward(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task WaitUntilAnsweringAsync(string address, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var http = new HttpClient();
        while (!_process.HasExited)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"{address}/health"), cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            if (Stopwatch.GetElapsedTime(started) > StartLimit)
            {
                throw new CommandException($"the console did not answer after {StartLimit.TotalSeconds:0} s");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }

        throw new CommandException($"the console ended with exit code {_process.ExitCode}; its last lines are above");
    }

    private static void Forward(string? line)
    {
        if (!string.IsNullOrEmpty(line))
        {
            Console.Error.WriteLine($"[console] {line}");
        }
    }
}
