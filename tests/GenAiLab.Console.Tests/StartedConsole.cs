using System.Collections.Concurrent;
using System.Diagnostics;

namespace GenAiLab.WebConsole.Tests;

/// <summary>A web console on its own, with settings of its own.</summary>
public sealed class StartedConsole : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StartedConsole(Process process) => _process = process;

    /// <summary>Where it listens, as it says.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Its port.</summary>
    public int Port => new Uri(Address.Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port;

    /// <summary>Its log.</summary>
    public string Log => string.Join('\n', _lines);

    public static async Task<StartedConsole> StartAsync(string url, IEnumerable<KeyValuePair<string, string>> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "GenAiLab.Console.dll")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        KeyValuePair<string, string>[] own =
        [
            new("Kestrel:Endpoints:http:Url", url), new("Lifetime:EndWithStandardInput", "true"), new("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Information"),
        ];
        foreach (var (name, value) in own.Concat(settings))
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var console = new StartedConsole(new Process { StartInfo = start, EnableRaisingEvents = true });
        console._process.OutputDataReceived += (_, line) => console.Read(line.Data);
        console._process.ErrorDataReceived += (_, line) => console.Read(line.Data);
        console._process.Exited += (_, _) => console._address.TrySetException(new InvalidOperationException($"the console ended:\n{console.Log}"));
        console._process.Start();
        console._process.BeginOutputReadLine();
        console._process.BeginErrorReadLine();
        console.Address = await console._address.Task.WaitAsync(StartLimit, TestContext.Current.CancellationToken);
        await console.WaitUntilReadyAsync();
        return console;
    }

    /// <summary>Settings that lead to a lab's services.</summary>
    public static IEnumerable<KeyValuePair<string, string>> At(EndToEnd.LabProcess lab) =>
        new[] { "orchestrator", "tokenizer", "classifier", "decoder", "preferences" }.Select(service => new KeyValuePair<string, string>($"services:{service}:grpc:0", lab.Grpc(service)));

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(StartLimit);
        _process.Dispose();
    }

    // It listens before it has made its first page.
    private async Task WaitUntilReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}") };
        using var limit = new CancellationTokenSource(StartLimit);
        while (true)
        {
            using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative), limit.Token);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
        {
            _address.TrySetResult(line[(at + Listening.Length)..].Trim());
        }
    }
}
