using GenAiLab.Decoder.Scheduling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>Makes a vector of a given sequence: nothing is sampled, and no logits are read.</summary>
/// <param name="stream">The sequence, which runs alone.</param>
/// <param name="pooling">How its hidden states become one vector.</param>
/// <param name="unnormalized">Whether the vector is left as it is pooled.</param>
/// <param name="cancellation">The call's token.</param>
internal sealed class EmbedSession(ScheduledStream stream, Pooling pooling, bool unnormalized, CancellationToken cancellation)
    : DecodeSession(stream, cancellation)
{
    private readonly TaskCompletionSource<EmbedResponse?> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EmbeddingPool _pool = new(pooling);

    /// <summary>The vector. Null: the service stops, or the model failed.</summary>
    public Task<EmbedResponse?> Response => _response.Task;

    /// <summary>The model failed.</summary>
    public bool HasFailed { get; private set; }

    public override bool ReadsStates => true;

    public override bool Prepare() => true;

    public override int Rows(int start, int count) =>
        pooling != Pooling.Last ? count : start + count == Stream.Tokens.Count ? 1 : 0;

    public override void Accept(ReadOnlySpan<float> logits, int rows)
    {
        _pool.Add(logits, rows);
        if (Stream.Pending == 0)
        {
            var response = new EmbedResponse { Values = { _pool.ToVector(unnormalized) }, Timing = TakeTiming() };
            Finished = true;
            _response.TrySetResult(response);
        }
    }

    public override void Fail() => Finished = HasFailed = true;

    protected override void Complete() => _response.TrySetResult(null);
}
