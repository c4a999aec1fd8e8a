using System.Globalization;

namespace GenAiLab.Benchmarks.TransformersJs;

/// <summary>One generation of the peer.</summary>
/// <param name="Seconds">From the first token to the last.</param>
/// <param name="Ids">The tokens.</param>
internal sealed record PeerGeneration(double Seconds, int[] Ids);

/// <summary>transformers.js in a process of its own; it generates when it is asked to.</summary>
internal sealed class TransformersProcess : IAsyncDisposable
{
    private readonly NodeProcess _process;

    private TransformersProcess(NodeProcess process, string version) => (_process, Version) = (process, version);

    /// <summary>The version of transformers.js.</summary>
    public string Version { get; }

    /// <summary>Installs the peer once, as the lock file says.</summary>
    /// <param name="work">Where it is kept.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Its folder.</returns>
    /// <exception cref="IOException">npm is absent or failed.</exception>
    public static Task<string> InstallAsync(string work, CancellationToken cancellation) =>
        NodeProcess.InstallAsync("TransformersJs", Path.Combine(work, "transformers.js"), cancellation);

    /// <summary>Starts it and loads a model.</summary>
    /// <exception cref="IOException">It ended instead.</exception>
    public static async Task<TransformersProcess> StartAsync(string peer, string model, int threads, CancellationToken cancellation)
    {
        var process = NodeProcess.Start("transformers.js", peer, [Path.GetFullPath(model), threads.ToString(CultureInfo.InvariantCulture)]);
        try
        {
            return new TransformersProcess(process, (await process.ReadAsync<Hello>(cancellation)).Version);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Generates greedily.</summary>
    public Task<PeerGeneration> GenerateAsync(int[] prompt, int tokens, CancellationToken cancellation) =>
        _process.AskAsync<PeerGeneration>(new { prompt, tokens }, cancellation);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private sealed record Hello(string Version);
}
