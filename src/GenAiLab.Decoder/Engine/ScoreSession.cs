using GenAiLab.Decoder.Scheduling;
using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>Rates a given sequence: nothing is sampled.</summary>
/// <param name="stream">The sequence less its last token, whose own distribution nobody asks for.</param>
/// <param name="tokens">The whole sequence.</param>
/// <param name="first">The first token to rate; at least 1.</param>
/// <param name="alternatives">The most probable tokens reported at each place.</param>
/// <param name="cancellation">The call's token.</param>
internal sealed class ScoreSession(ScheduledStream stream, int[] tokens, int first, int alternatives, CancellationToken cancellation)
    : DecodeSession(stream, cancellation)
{
    private readonly TaskCompletionSource<ScoreResponse?> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ScoreResponse _scores = new();

    /// <summary>All the ratings. Null: the service stops, or the model failed.</summary>
    public Task<ScoreResponse?> Response => _response.Task;

    /// <summary>The model failed.</summary>
    public bool HasFailed { get; private set; }

    public override bool Prepare() => true;

    // The logits after token i rate token i + 1.
    public override int Rows(int start, int count) => Math.Clamp(start + count - (first - 1), 0, count);

    public override void Accept(ReadOnlySpan<float> logits, int rows)
    {
        var vocabulary = logits.Length / rows;
        for (var row = 0; row < rows; row++)
        {
            var target = tokens[Stream.Computed - rows + row + 1];
            _scores.Tokens.Add(SampledTokens.From(Sampler.Score(logits.Slice(row * vocabulary, vocabulary), target, alternatives)));
        }

        if (Stream.Pending == 0)
        {
            Finished = true;
            (_scores.Timing, _scores.CachedPromptTokens) = (TakeTiming(), Stream.Reused);
            _response.TrySetResult(_scores);
        }
    }

    public override void Fail() => Finished = HasFailed = true;

    protected override void Complete() => _response.TrySetResult(null);
}
