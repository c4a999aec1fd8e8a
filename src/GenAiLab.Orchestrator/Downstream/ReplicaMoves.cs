using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.ServiceDefaults;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>Where one generation's stream runs: the replicas that it was at, and whether it may go to another one. Owned by one stream.</summary>
internal sealed class ReplicaMoves(IDecoders decoders, PlacementRequest request, TimeProvider time, ILogger logger)
{
    /// <summary>Replicas that may break one after the other without a token between: a prompt that kills decoders must not kill them all.</summary>
    public const int MaximumLossesInARow = 3;

    /// <summary>The most moves of one generation.</summary>
    public const int MaximumMoves = 32;

    private static readonly TimeSpan PauseWhereAllAreFull = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<ulong> _excluded = [];
    private readonly HashSet<ulong> _full = [];
    private RpcException? _loss;
    private RpcException? _fullness;
    private int _losses;
    private int _moves;

    /// <summary>A replica for the stream.</summary>
    /// <param name="generated">Tokens so far, which it has to run with the prompt.</param>
    /// <param name="caller">The caller's token.</param>
    /// <exception cref="RpcException">There is none, or all are full.</exception>
    public async Task<DecoderLease> PlaceAsync(int generated, CancellationToken caller)
    {
        var wanted = request with { PromptTokens = request.PromptTokens + generated };
        if (decoders.Acquire(wanted, _excluded) is { } lease)
        {
            return lease;
        }

        // Each was tried. Those that are full tell a new caller when to come back, whoever else is gone; a stream that is
        // under way asks again. Those that are gone may have successors.
        if (_fullness is not null)
        {
            if (generated == 0)
            {
                throw _fullness;
            }

            await Task.Delay(PauseWhereAllAreFull, time, caller);

            // Not those that are gone: each time they would count as one more that this request has broken.
            _excluded.ExceptWith(_full);
            _full.Clear();
            _fullness = null;
            if (decoders.Acquire(wanted, _excluded) is { } freed)
            {
                return freed;
            }
        }
        else if (!await decoders.WaitForServingAsync(request.Model, caller))
        {
            throw _loss ?? NoneServes();
        }

        Forget();
        return decoders.Acquire(wanted, _excluded) ?? throw _loss ?? NoneServes();
    }

    /// <summary>A second replica beside the one that is slow to begin, or null.</summary>
    public DecoderLease? TryPlaceBeside(DecoderLease slow) => decoders.Acquire(request, new HashSet<ulong>(_excluded) { slow.Key });

    /// <summary>A token came: whoever was broken before was not broken by this request.</summary>
    public void TokenCame()
    {
        _losses = 0;
        _loss = null;
        Forget();
    }

    /// <summary>The stream's replica is lost to it. Returns when it may go to another one.</summary>
    /// <exception cref="RpcException">It may not: <paramref name="error"/>.</exception>
    public void Lost(DecoderLease lease, RpcException error, int generated)
    {
        lease.Failed(error);
        // A decoder that is full has not begun: another one may have room.
        if (error.StatusCode is not (StatusCode.Unavailable or StatusCode.ResourceExhausted))
        {
            throw error;
        }

        // Who leaves, is full or has fallen silent was not broken by this request.
        var innocent = DownstreamCall.Leaves(error) || error.StatusCode == StatusCode.ResourceExhausted || lease.Lost.IsCancellationRequested;
        _losses += innocent ? 0 : 1;
        if (_losses > MaximumLossesInARow || ++_moves > MaximumMoves)
        {
            throw error;
        }

        _loss = error;
        _excluded.Add(lease.Key);
        if (error.StatusCode == StatusCode.ResourceExhausted)
        {
            _fullness = error;
            _full.Add(lease.Key);
        }

        logger.StreamMoves(lease.Address, generated, error.Status.Detail);
    }

    // Who was tried, and what it said.
    private void Forget()
    {
        _fullness = null;
        _full.Clear();
        _excluded.Clear();
    }

    private static RpcException NoneServes() => RpcErrors.Unavailable("no decoder serves the model now");
}
