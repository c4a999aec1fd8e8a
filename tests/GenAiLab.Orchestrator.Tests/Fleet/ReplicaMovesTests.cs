using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.ServiceDefaults;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAiLab.Orchestrator.Tests.Fleet;

/// <summary>Where a stream goes when some decoders are full and another one is gone; both were found by the simulation.</summary>
public sealed class ReplicaMovesTests
{
    private const ulong Full = 1;
    private const ulong Gone = 2;
    private static readonly PlacementRequest Request = new("m", [], 1, 1);

    [Theory]
    [InlineData(Full, Gone)]
    [InlineData(Gone, Full)]
    public async Task A_new_caller_hears_that_the_lab_is_full_though_one_decoder_is_gone(ulong first, ulong second)
    {
        var moves = new ReplicaMoves(new Replicas(first, second), Request, TimeProvider.System, NullLogger.Instance);
        await TryAll(moves, generated: 0, count: 2);

        var error = await Assert.ThrowsAsync<RpcException>(() => moves.PlaceAsync(0, TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task A_stream_under_way_waits_for_those_that_are_full_and_leaves_alone_who_is_gone()
    {
        var moves = new ReplicaMoves(new Replicas(Gone, Full), Request, new Hasty(), NullLogger.Instance);
        await TryAll(moves, generated: 7, count: 2);

        // Longer than three losses in a row would allow.
        for (var round = 0; round < 8; round++)
        {
            using var lease = await moves.PlaceAsync(7, TestContext.Current.CancellationToken);
            Assert.Equal(Full, lease.Key);
            moves.Lost(lease, Error(lease.Key), 7);
        }

        moves.TokenCame();
        using var any = await moves.PlaceAsync(8, TestContext.Current.CancellationToken);
        Assert.Equal(Gone, any.Key);
    }

    private static async Task TryAll(ReplicaMoves moves, int generated, int count)
    {
        for (var one = 0; one < count; one++)
        {
            using var lease = await moves.PlaceAsync(generated, TestContext.Current.CancellationToken);
            moves.Lost(lease, Error(lease.Key), generated);
        }
    }

    private static RpcException Error(ulong key) =>
        key == Full ? new RpcException(new Status(StatusCode.ResourceExhausted, "full")) : RpcErrors.Unavailable("gone");

    // Its timers end at once.
    private sealed class Hasty : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    private sealed class Replicas(params ulong[] keys) : IDecoders
    {
        public PlacementRequest Describe(string model, IReadOnlyList<int> prompt) => Request;

        public DecoderLease? Acquire(PlacementRequest request, IReadOnlySet<ulong> excluded) =>
            keys.Where(key => !excluded.Contains(key)).Select(static key => new Lease(key)).FirstOrDefault();

        public Task<bool> WaitForServingAsync(string model, CancellationToken cancellation) => Task.FromResult(true);

        public Task<T> CallAsync<T>(Func<V1.Decoder.DecoderClient, CallOptions, Task<T>> call, CallLimits options) => throw new NotSupportedException();
    }

    private sealed class Lease(ulong key) : DecoderLease
    {
        public override ulong Key => key;

        public override string Address => $"decoder-{key}";

        public override V1.Decoder.DecoderClient Client => throw new NotSupportedException();

        public override CancellationToken Lost => CancellationToken.None;

        public override void Failed(RpcException error)
        {
        }

        public override void Dispose()
        {
        }
    }
}
