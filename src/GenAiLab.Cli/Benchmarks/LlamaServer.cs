using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using GenAiLab.Cli.Commands;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>llama.cpp's own server, driven over HTTP as its users do.</summary>
internal sealed class LlamaServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private readonly Process _process;
    private readonly HttpClient _client;

    private LlamaServer(Process process, HttpClient client) => (_process, _client) = (process, client);

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="program">llama-server.</param>
    /// <param name="gguf">The weights.</param>
    /// <param name="threads">Of the processor.</param>
    /// <param name="streams">Slots.</param>
    /// <param name="context">Tokens of each slot.</param>
    /// <param name="flashAttention">Its setting.</param>
    /// <param name="cache">Type of keys and values: f16 or f32.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="CommandException">It did not start.</exception>
    public static async Task<LlamaServer> StartAsync(
        string program, string gguf, int threads, int streams, int context, bool flashAttention, string cache, CancellationToken cancellation)
    {
        int port;
        using (var free = new Hosting.HeldPorts(1))
        {
            // Not held any longer: the server does not allow an address to be used again.
            port = free.Numbers[0];
        }

        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[
            "-m", gguf, "-t", Text(threads), "-tb", Text(threads), "-np", Text(streams), "-c", Text(streams * context), "-fa", flashAttention ? "on" : "off",
            "-ctk", cache, "-ctv", cache, "--port", Text(port), "--no-webui"])
        {
            start.ArgumentList.Add(argument);
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CommandException("--llama-server must name the program llama-server");
        }

        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(10) };
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < StartLimit && !process.HasExited)
        {
            try
            {
                if ((await client.GetAsync("/health", cancellation)).IsSuccessStatusCode)
                {
                    return new LlamaServer(process, client);
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }

        await new LlamaServer(process, client).DisposeAsync();
        throw new CommandException("llama-server did not start");

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>One generation: seconds until the first token, then between tokens.</summary>
    public async Task<List<double>> StreamAsync(int[] prompt, int tokens, CancellationToken cancellation)
    {
        var last = Stopwatch.GetTimestamp();
        List<double> times = [];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/completion")
        {
            Content = JsonContent.Create(new { prompt, n_predict = tokens, temperature = 0, stream = true, ignore_eos = true, cache_prompt = false, return_tokens = true }),
        };
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
            {
                continue;
            }

            using var json = JsonDocument.Parse(line[6..]);
            if (json.RootElement.TryGetProperty("tokens", out var ids))
            {
                for (var at = 0; at < ids.GetArrayLength(); at++)
                {
                    var now = Stopwatch.GetTimestamp();
                    times.Add(Stopwatch.GetElapsedTime(last, now).TotalSeconds);
                    last = now;
                }
            }
        }

        return times.Count > 0 ? times : throw new CommandException("llama-server sent no tokens");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _client.Dispose();
    }
}
