using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace GenAiLab.Benchmarks.TransformersJs;

/// <summary>One generation of the peer.</summary>
/// <param name="Seconds">From the first token to the last.</param>
/// <param name="Ids">The tokens.</param>
internal sealed record PeerGeneration(double Seconds, int[] Ids);

/// <summary>transformers.js in a process of its own; it generates when it is asked to.</summary>
internal sealed class TransformersProcess : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);
    private static readonly string[] Files = ["package.json", "package-lock.json", "peer.mjs"];
    private readonly Process _process;
    private readonly Task<string> _errors;

    private TransformersProcess(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>The version of transformers.js.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Installs the peer once, as the lock file says.</summary>
    /// <param name="work">Where it is kept.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its folder.</returns>
    /// <exception cref="IOException">npm is absent or failed.</exception>
    public static async Task<string> InstallAsync(string work, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(work, "transformers.js")).FullName;
        foreach (var file in Files)
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "TransformersJs", file), Path.Combine(folder, file), overwrite: true);
        }

        // npm writes this file when all is there.
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
        {
            await Npm.RunAsync(folder, ["ci"], cancellation);
        }

        return folder;
    }

    /// <summary>Starts it and loads a model.</summary>
    /// <exception cref="IOException">It ended instead.</exception>
    public static async Task<TransformersProcess> StartAsync(string peer, string model, int threads, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = peer };
        foreach (var argument in (string[])["peer.mjs", Path.GetFullPath(model), threads.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        TransformersProcess started;
        try
        {
            started = new TransformersProcess(Process.Start(start)!);
        }
        catch (Win32Exception)
        {
            throw new IOException("transformers.js runs on node, which is not there; install Node.js");
        }

        try
        {
            started.Version = (await started.ReadAsync<Hello>(cancellation)).Version;
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Generates greedily.</summary>
    public async Task<PeerGeneration> GenerateAsync(int[] prompt, int tokens, CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { prompt, tokens }).AsMemory(), cancellation);
        await _process.StandardInput.FlushAsync(cancellation);
        return await ReadAsync<PeerGeneration>(cancellation);
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

    private async Task<T> ReadAsync<T>(CancellationToken cancellation)
    {
        var line = await _process.StandardOutput.ReadLineAsync(cancellation);
        return line is not null
            ? JsonSerializer.Deserialize<T>(line, Options)!
            : throw new IOException($"transformers.js ended: {LastLines(await _errors)}");
    }

    private static string LastLines(string text) => string.Join('\n', text.TrimEnd().Split('\n').TakeLast(6));

    private sealed record Hello(string Version);
}
