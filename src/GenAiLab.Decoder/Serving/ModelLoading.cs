using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Serving;

/// <summary>
/// Loads models into the catalog and takes them out again, one at a time, within the memory budget of all
/// of them.
/// </summary>
internal sealed partial class ModelLoading(
    DecoderCatalog catalog, DecoderTelemetry telemetry, IOptions<DecoderOptions> options, IConfiguration configuration,
    IHostEnvironment environment, ILogger<ModelLoading> logger)
{
    // ONNX Runtime packs matrices into a layout of its own besides the weights that it has read.
    private const int CopiesOfWeights = 2;
    private const long WorthCollecting = 64L << 20;
    private readonly SemaphoreSlim _one = new(1);
    private readonly DecoderOptions _options = options.Value;
    private readonly Dictionary<DecodeEngine, long> _reserved = [];

    /// <summary>The folders that hold a decoder, in the order of their names.</summary>
    /// <exception cref="ModelFolderException">The root cannot be read.</exception>
    public IReadOnlyList<string> Folders()
    {
        var root = ModelsRoot.Find(configuration["Models:Root"], environment.ContentRootPath);
        try
        {
            return [.. ModelsRoot.Folders(root).Where(static folder => DecoderConfig.IsDecoder(folder))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(ModelsRoot.FolderName, "the folder cannot be read", error);
        }
    }

    /// <summary>Tells the catalog of the folders that there are now.</summary>
    public void Announce(IEnumerable<string> folders) => catalog.Announce(folders.Select(static folder =>
        (Path.GetFileName(folder), File.Exists(Path.Combine(folder, "tokenizer.json")) ? Path.GetFileName(folder) : "")));

    /// <summary>Loads a folder; the catalog says how it went.</summary>
    public async Task<bool> LoadAsync(string folder, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            await FreeReplacedAsync();
            return catalog.Find(Path.GetFileName(folder)) is { Failure: null } || await Task.Run(() => TryLoadAsync(folder), cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Reads a folder once more, beside its model that serves; what was read takes the place when it serves.</summary>
    /// <returns>Why the folder is refused; the model serves on. Null: it was replaced, or the catalog says how the first loading went.</returns>
    public async Task<string?> ReloadAsync(string folder, CancellationToken cancellation)
    {
        var name = Path.GetFileName(folder);
        await _one.WaitAsync(cancellation);
        try
        {
            await FreeReplacedAsync();
            if (catalog.Find(name) is not { Failure: null } old)
            {
                await Task.Run(() => TryLoadAsync(folder), cancellation);
                return null;
            }

            // To its end even when the caller leaves: what was read would be nobody's.
            var opened = await Task.Run(() => Open(folder), CancellationToken.None);
            if (opened.Engine is null)
            {
                return opened.Refusal;
            }

            catalog.Replace(name, old, opened.Engine, opened.Determinism);
            old.SetDraining(true);
            await FreeReplacedAsync();
            _ = EndReplacedAsync(old);
            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Lets a model's streams end.</summary>
    /// <returns>How many are left when <paramref name="timeout"/> is over.</returns>
    public static async Task<int> DrainAsync(DecodeEngine engine, TimeSpan timeout, CancellationToken cancellation)
    {
        engine.SetDraining(true);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var started = TimeProvider.System.GetTimestamp();
        while (engine.OpenStreams > 0 && TimeProvider.System.GetElapsedTime(started) < timeout)
        {
            await timer.WaitForNextTickAsync(cancellation);
        }

        return engine.OpenStreams;
    }

    /// <summary>Frees a model's memory. Streams that still run end.</summary>
    /// <returns>False: another engine has taken the place meanwhile, and nothing was done.</returns>
    public async Task<bool> UnloadAsync(string name, DecodeEngine engine, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            if (catalog.Find(name) is { } serving)
            {
                if (serving != engine)
                {
                    return false;
                }

                catalog.SetUnloaded(name);
                await FreeAsync(engine);
            }

            return true;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<bool> TryLoadAsync(string folder)
    {
        var name = Path.GetFileName(folder);
        catalog.SetLoading(name);
        if (catalog.Find(name) is { } failed)
        {
            await FreeAsync(failed);
        }

        var opened = Open(folder);
        if (opened.Engine is null)
        {
            catalog.SetFailed(name, opened.Refusal);
            return false;
        }

        catalog.SetReady(name, opened.Engine, opened.Determinism);
        return true;
    }

    // Whatever is wrong with a folder is a refusal of it, and never an end of the service.
    private OpenedFolder Open(string folder)
    {
        var name = Path.GetFileName(folder);
        try
        {
            return Open(name, folder);
        }
        catch (Exception error)
        {
            LogRefused(logger, error, name);
            return new OpenedFolder(null, Determinism.Unspecified, error switch
            {
                ModelFolderException => error.Message,
                OutOfMemoryException => "there is not enough memory for it",
                IOException or UnauthorizedAccessException => "its files cannot be read",
                _ => "it could not be loaded",
            });
        }
    }

    private OpenedFolder Open(string name, string folder)
    {
        var budget = _options.MemoryBudgetBytes > 0
            ? _options.MemoryBudgetBytes
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5 * 4;
        var source = DecoderSource.Open(folder, _options);
        var weights = (_options.PromptFormat.Length == 0 ? 1 : 2) * CopiesOfWeights * source.WeightBytes;
        var left = budget - _reserved.Values.Sum();
        if (weights >= left)
        {
            throw new ModelFolderException(
                source.Config.GraphFile, $"its weights take about {weights:N0} bytes and {Math.Max(0, left):N0} are left of Decoder:MemoryBudgetBytes");
        }

        var graph = Load(source, weights, left - weights);
        if (weights >= WorthCollecting)
        {
            // The graph was rewritten in managed memory: several copies of its weights that nobody needs any more.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        try
        {
            var batched = graph.RunsTogether && (!_options.Deterministic || Prove(graph));
            var determinism = !_options.Deterministic ? Determinism.Unspecified : batched ? Determinism.Batched : Determinism.Single;
            var engine = new DecodeEngine(name, graph, _options, batched, telemetry, logger);
            _reserved[engine] = weights + graph.CacheBytes;
            LogLoaded(logger, name, graph.Config.ContextLength, graph.Slots, graph.CacheBytes, determinism);
            return new OpenedFolder(engine, determinism, "");
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    private DecoderGraph Load(DecoderSource source, long weights, long left)
    {
        try
        {
            return DecoderGraphLoading.Load(source, _options, left);
        }
        catch (OutOfMemoryException error)
        {
            throw new ModelFolderException(
                source.Config.GraphFile,
                $"there is not enough memory for it: its weights take about {weights:N0} bytes, and up to {Math.Min(left, _options.MaximumCacheBytes):N0} are for its KV cache (Decoder:MaximumCacheBytes)",
                error);
        }
    }

    // The streams of a model that was replaced take the time they need: its memory counts until then.
    private async Task EndReplacedAsync(DecodeEngine engine)
    {
        await DrainAsync(engine, TimeSpan.MaxValue, CancellationToken.None);
        await _one.WaitAsync();
        try
        {
            await FreeReplacedAsync();
        }
        finally
        {
            _one.Release();
        }
    }

    // Whoever loads does not wait for the one above to have its turn: what has no streams any more is freed first.
    private async Task FreeReplacedAsync()
    {
        foreach (var engine in catalog.Replaced.Where(static engine => engine.OpenStreams == 0))
        {
            await FreeAsync(engine);
            catalog.Forget(engine);
        }
    }

    private async Task FreeAsync(DecodeEngine engine)
    {
        await engine.DisposeAsync();
        _reserved.Remove(engine);
        LogUnloaded(logger, engine.Name);
    }

    private static bool Prove(DecoderGraph graph)
    {
        try
        {
            return DeterminismProof.IsBatchInvariant(graph);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelFolderException(graph.Config.GraphFile, "it failed on some of its own token ids", error);
        }
    }

    // Without an engine the folder was refused, and why.
    private sealed record OpenedFolder(DecodeEngine? Engine, Determinism Determinism, string Refusal);

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Loaded {Model}: {ContextLength} tokens of context, {Slots} slots in {CacheBytes} bytes, determinism {Determinism}")]
    private static partial void LogLoaded(ILogger logger, string model, int contextLength, int slots, long cacheBytes, Determinism determinism);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Refused the folder of {Model}")]
    private static partial void LogRefused(ILogger logger, Exception error, string model);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Unloaded {Model}")]
    private static partial void LogUnloaded(ILogger logger, string model);
}
