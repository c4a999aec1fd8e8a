using GenAiLab.Orchestrator.Downstream;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Vocabulary;

/// <summary>
/// Vocabularies by SHA-256, so that a stream of ids is decoded without a call per token. Holds the
/// <see cref="Capacity"/> most recently used. Thread-safe; one load at a time.
/// </summary>
internal sealed class PieceCache(V1.Tokenizer.TokenizerClient tokenizer) : IDisposable
{
    /// <summary>Vocabularies kept; the largest public ones take about 20 MiB each.</summary>
    public const int Capacity = 8;

    private const int MaximumPieces = 1 << 20;

    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly Lock _lock = new();
    private readonly LinkedList<PieceTable> _tables = []; // Most recently used first; so few that a search is cheap.

    /// <summary>The table of a vocabulary.</summary>
    /// <exception cref="RpcException">The tokenizer's error, or UNAVAILABLE when the vocabulary was replaced meanwhile.</exception>
    public async ValueTask<PieceTable> GetAsync(VocabularyIdentity identity, CallLimits options)
    {
        if (Find(identity.Sha256) is { } known)
        {
            return known;
        }

        await _loading.WaitAsync(options.CancellationToken);
        try
        {
            if (Find(identity.Sha256) is { } loaded)
            {
                return loaded;
            }

            var table = await DownstreamCall.InvokeAsync("tokenizer", () => LoadAsync(identity, options), options.CancellationToken);
            Add(table);
            return table;
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task<PieceTable> LoadAsync(VocabularyIdentity identity, CallLimits options)
    {
        var pieces = new List<ByteString>(Math.Clamp(identity.Size, 0, MaximumPieces));
        var specialIds = new List<int>();
        var (codec, unknown) = (default(MediaCodec), default(int?));
        using var call = tokenizer.ListPieces(new ListPiecesRequest { Vocabulary = identity.Name }, options);
        while (await call.ResponseStream.MoveNext(options.CancellationToken))
        {
            var part = call.ResponseStream.Current;
            if (part.Vocabulary.Sha256 != identity.Sha256)
            {
                throw ServiceDefaults.RpcErrors.Unavailable($"vocabulary '{identity.Name}' was replaced meanwhile; try again");
            }

            if (part.FirstId != pieces.Count || pieces.Count + part.Pieces.Count > MaximumPieces)
            {
                throw new InvalidDataException("The tokenizer's pieces are not consecutive, or too many.");
            }

            codec ??= part.Codec;
            unknown ??= part.HasUnknownId ? part.UnknownId : null;
            pieces.AddRange(part.Pieces);
            specialIds.AddRange(part.SpecialIds);
        }

        return new PieceTable(identity, [.. pieces], specialIds) { Codec = codec, UnknownId = unknown };
    }

    private PieceTable? Find(string sha256)
    {
        lock (_lock)
        {
            for (var node = _tables.First; node is not null; node = node.Next)
            {
                if (node.Value.Identity.Sha256 == sha256)
                {
                    _tables.Remove(node);
                    _tables.AddFirst(node);
                    return node.Value;
                }
            }

            return null;
        }
    }

    private void Add(PieceTable table)
    {
        lock (_lock)
        {
            _tables.AddFirst(table);
            if (_tables.Count > Capacity)
            {
                _tables.RemoveLast();
            }
        }
    }
}
