using GenAiLab.Orchestrator.Downstream;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Fleet;

/// <summary>What a stream wants of a decoder.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Prefix">Keys of the prompt's blocks, see <see cref="Balancing.PrefixKeys"/>.</param>
/// <param name="Block">Tokens of a block.</param>
/// <param name="PromptTokens">Tokens that have to be run before the first one is generated; 0: none, it is no stream.</param>
internal sealed record PlacementRequest(string Model, ulong[] Prefix, int Block, int PromptTokens);

/// <summary>The decoders behind this orchestrator: one, or several that are all alike. Thread-safe.</summary>
internal interface IDecoders
{
    /// <summary>What a prompt wants.</summary>
    PlacementRequest Describe(string model, IReadOnlyList<int> prompt);

    /// <summary>Chooses a decoder for one stream.</summary>
    /// <param name="request">What the stream wants.</param>
    /// <param name="excluded">Keys of those that were tried in vain.</param>
    /// <returns>Null: there is none.</returns>
    DecoderLease? Acquire(PlacementRequest request, IReadOnlySet<ulong> excluded);

    /// <summary>Waits until a decoder serves the model.</summary>
    /// <returns>False: none did in time.</returns>
    Task<bool> WaitForServingAsync(string model, CancellationToken cancellation);

    /// <summary>A call that any decoder can answer; its errors are in the words of our contract.</summary>
    /// <exception cref="RpcException">As <see cref="DownstreamCall.InvokeAsync{T}"/>.</exception>
    Task<T> CallAsync<T>(Func<V1.Decoder.DecoderClient, CallOptions, Task<T>> call, CallLimits options);
}

/// <summary>One stream's place at a decoder, until it is disposed.</summary>
internal abstract class DecoderLease : IDisposable
{
    /// <summary>Names the replica.</summary>
    public abstract ulong Key { get; }

    /// <summary>For people.</summary>
    public abstract string Address { get; }

    public abstract V1.Decoder.DecoderClient Client { get; }

    /// <summary>Cancelled when the replica has fallen silent and another one can take over.</summary>
    public abstract CancellationToken Lost { get; }

    /// <summary>The stream has ended by the replica's fault, or the replica does not take it.</summary>
    /// <param name="error">What the stream ended with.</param>
    public abstract void Failed(RpcException error);

    public abstract void Dispose();
}

/// <summary>The one decoder of a small lab, in this process or at one address.</summary>
internal sealed class SingleDecoder(V1.Decoder.DecoderClient client) : IDecoders
{
    public PlacementRequest Describe(string model, IReadOnlyList<int> prompt) => new(model, [], 1, prompt.Count);

    public DecoderLease? Acquire(PlacementRequest request, IReadOnlySet<ulong> excluded) => excluded.Count == 0 ? new Lease(client) : null;

    public Task<bool> WaitForServingAsync(string model, CancellationToken cancellation) => Task.FromResult(false);

    public Task<T> CallAsync<T>(Func<V1.Decoder.DecoderClient, CallOptions, Task<T>> call, CallLimits options) =>
        DownstreamCall.InvokeAsync("decoder", () => call(client, options), options.CancellationToken);

    private sealed class Lease(V1.Decoder.DecoderClient client) : DecoderLease
    {
        public override ulong Key => 1;

        public override string Address => "decoder";

        public override V1.Decoder.DecoderClient Client => client;

        public override CancellationToken Lost => CancellationToken.None;

        public override void Failed(RpcException error)
        {
        }

        public override void Dispose()
        {
        }
    }
}
