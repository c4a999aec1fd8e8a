using Grpc.Core;

namespace GenAiLab.Orchestrator.Fleet;

/// <summary>One place at a decoder for several streams that belong together: it is given back when the last of them has left. Thread-safe.</summary>
internal sealed class SharedLease(DecoderLease lease)
{
    private int _views;
    private int _failed;

    /// <summary>The place, for one more stream.</summary>
    public DecoderLease Retain()
    {
        Interlocked.Increment(ref _views);
        return new View(this, lease);
    }

    private sealed class View(SharedLease owner, DecoderLease lease) : DecoderLease
    {
        private int _disposed;

        public override ulong Key => lease.Key;

        public override string Address => lease.Address;

        public override V1.Decoder.DecoderClient Client => lease.Client;

        public override CancellationToken Lost => lease.Lost;

        // One loss is one failure of the replica, however many streams see it.
        public override void Failed(RpcException error)
        {
            if (Interlocked.Exchange(ref owner._failed, 1) == 0)
            {
                lease.Failed(error);
            }
        }

        public override void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0 && Interlocked.Decrement(ref owner._views) == 0)
            {
                lease.Dispose();
            }
        }
    }
}
