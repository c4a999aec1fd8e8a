using GenAiLab.Decoder.Engine;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Serving;

/// <summary>
/// Reads the attention of models that serve. One text at a time, and the graph of one model is held: that of whoever was
/// asked for last. The engines go on meanwhile.
/// </summary>
internal sealed partial class AttentionReading(DecoderCatalog catalog, ModelLoading loading, IOptions<DecoderOptions> options, ILogger<AttentionReading> logger) : IDisposable
{
    private const int MaximumWaiting = 16;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _turn = new(1);
    private int _waiting;
    private (DecodeEngine Engine, AttentionGraph Graph)? _held;

    /// <summary>The attention of one head.</summary>
    /// <exception cref="RpcException">As inspection.proto says.</exception>
    public async Task<ReadAttentionResponse> ReadAsync(ReadAttentionRequest request, CancellationToken cancellation)
    {
        var name = request.Model.Length == 0 ? catalog.DefaultName : request.Model;
        var engine = catalog.Get(name);
        var tokens = RequestChecks.Sequence(
            request.Tokens, "tokens", engine.Config with { ContextLength = Math.Min(engine.Config.ContextLength, AttentionGraph.MaximumTokens) }, least: 1);
        if (Interlocked.Increment(ref _waiting) > MaximumWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw RpcErrors.ResourceExhausted("too many wait to read the attention of a model", RetryAfter);
        }

        try
        {
            await _turn.WaitAsync(cancellation);
            try
            {
                return await Task.Run(() => Read(name, engine, tokens, request.Layer, request.Head, cancellation), cancellation);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        _held?.Graph.Dispose();
        _turn.Dispose();
    }

    private ReadAttentionResponse Read(string name, DecodeEngine engine, int[] tokens, int layer, int head, CancellationToken cancellation)
    {
        try
        {
            var graph = Open(name, engine);
            RequestChecks.Range(layer, 0, graph.Layers - 1, "layer");
            var weights = graph.Read(tokens, layer, cancellation);
            RequestChecks.Range(head, 0, weights.Heads - 1, "head");
            return new ReadAttentionResponse { Layers = graph.Layers, Heads = weights.Heads, Weights = { weights.LowerTriangle(head) } };
        }
        catch (ModelFolderException error)
        {
            throw RpcErrors.FailedPrecondition($"the attention of '{name}' cannot be read: {error.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder may go, or be replaced, between being looked at and being read.
            throw RpcErrors.FailedPrecondition($"the attention of '{name}' cannot be read: its files cannot");
        }
        catch (OnnxRuntimeException error)
        {
            cancellation.ThrowIfCancellationRequested();
            LogFailed(logger, error, name);
            throw RpcErrors.FailedPrecondition($"the attention of '{name}' cannot be read: its graph failed when it was run with its attention as an output");
        }
    }

    private AttentionGraph Open(string name, DecodeEngine engine)
    {
        // Unloaded and loaded again, it is another model.
        if (_held is { } held && held.Engine == engine)
        {
            return held.Graph;
        }

        var folder = loading.Folders().FirstOrDefault(folder => Path.GetFileName(folder) == name)
            ?? throw new ModelFolderException(name, "the folder is gone");
        var source = DecoderSource.Open(folder, options.Value);
        if (source.WeightBytes > options.Value.MaximumInspectedBytes)
        {
            throw new ModelFolderException(
                source.Config.GraphFile, $"its weights take {source.WeightBytes:N0} bytes, more than Decoder:MaximumInspectedBytes, which is {options.Value.MaximumInspectedBytes:N0}");
        }

        _held?.Graph.Dispose();
        _held = null;
        var graph = AttentionGraph.Load(source, options.Value);
        _held = (engine, graph);
        return graph;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "The attention of {Model} could not be read")]
    private static partial void LogFailed(ILogger logger, Exception error, string model);
}
