using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace GenAiLab.Benchmarks;

/// <summary>A peer on node, in a process of its own: a line of JSON for each request, a line for each answer.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);
    private static readonly string[] Files = ["package.json", "package-lock.json", "peer.mjs"];
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly string _name;

    private NodeProcess(Process process, string name) => (_process, _errors, _name) = (process, process.StandardError.ReadToEndAsync(), name);

    /// <summary>Installs a peer once, as its lock file says.</summary>
    /// <param name="source">The folder beside this program with its package.json, package-lock.json and peer.mjs.</param>
    /// <param name="folder">Where it is kept.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns><paramref name="folder"/>, in full.</returns>
    /// <exception cref="IOException">npm is absent or failed.</exception>
    public static async Task<string> InstallAsync(string source, string folder, CancellationToken cancellation)
    {
        var full = Directory.CreateDirectory(folder).FullName;
        var changed = false;
        foreach (var file in Files)
        {
            var (from, to) = (Path.Combine(AppContext.BaseDirectory, source, file), Path.Combine(full, file));
            changed |= file == "package-lock.json" && File.Exists(to) && File.ReadAllText(from) != File.ReadAllText(to);
            File.Copy(from, to, overwrite: true);
        }

        // npm writes this file when all is there.
        if (changed || !File.Exists(Path.Combine(full, "node_modules", ".package-lock.json")))
        {
            await Npm.RunAsync(full, ["ci"], cancellation);
        }

        return full;
    }

    /// <summary>Starts peer.mjs of an installed peer.</summary>
    /// <param name="name">What it is called in errors.</param>
    /// <param name="folder">Where it is installed.</param>
    /// <param name="arguments">Of the script.</param>
    /// <exception cref="IOException">There is no node.</exception>
    public static NodeProcess Start(string name, string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("node", ["peer.mjs", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        try
        {
            return new NodeProcess(Process.Start(start)!, name);
        }
        catch (Win32Exception)
        {
            throw new IOException($"{name} runs on node, which is not there; install Node.js");
        }
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="IOException">It ended instead.</exception>
    public async Task<T> AskAsync<T>(object request, CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request).AsMemory(), cancellation);
        await _process.StandardInput.FlushAsync(cancellation);
        return await ReadAsync<T>(cancellation);
    }

    /// <summary>Waits for a line that it prints of its own accord.</summary>
    /// <exception cref="IOException">It ended instead.</exception>
    public async Task<T> ReadAsync<T>(CancellationToken cancellation)
    {
        var line = await _process.StandardOutput.ReadLineAsync(cancellation);
        return line is not null
            ? JsonSerializer.Deserialize<T>(line, Options)!
            : throw new IOException($"{_name} ended: {LastLines(await _errors)}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static string LastLines(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(6));
}
