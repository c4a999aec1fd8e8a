using System.Diagnostics;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>
/// One stream in the engine. The engine's loop owns it, but for what is said to be the caller's: the
/// caller ends it by its token or by <see cref="Close"/>, and waits for <see cref="Released"/>.
/// </summary>
/// <param name="prompt">At least one id.</param>
/// <param name="cancellation">The call's token.</param>
internal abstract class DecodeSession(int[] prompt, CancellationToken cancellation)
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int[] _next = new int[1];
    private volatile bool _hasNext;
    private volatile bool _closed;
    private long _requested = Stopwatch.GetTimestamp();

    /// <summary>Where the caller's trace goes on: the engine's loop runs outside of the call.</summary>
    public ActivityContext Parent { get; } = Activity.Current?.Context ?? default;

    /// <summary>Completes when the session holds no slot and no place in the line.</summary>
    public Task Released => _released.Task;

    /// <summary>Tokens that went through the model.</summary>
    public int Position { get; private set; }

    /// <summary>Whether prompt tokens remain to be run.</summary>
    public bool InPrefill => Position < prompt.Length;

    /// <summary>Ids of the prompt.</summary>
    public int PromptLength => prompt.Length;

    /// <summary>No more turns are wanted.</summary>
    public bool IsOver => Finished || _closed || cancellation.IsCancellationRequested;

    /// <summary>There is something to run, and room for what comes out.</summary>
    public bool IsReady => (InPrefill || _hasNext) && HasRoom;

    /// <summary>When prefill began and when decoding began, for the trace; null: not yet.</summary>
    public DateTimeOffset? PrefillStarted { get; private set; }

    /// <inheritdoc cref="PrefillStarted"/>
    public DateTimeOffset? DecodeStarted { get; private set; }

    /// <summary>The last response has been given.</summary>
    protected bool Finished { get; set; }

    /// <summary>Where the time until the next response goes.</summary>
    protected DecoderTiming Timing { get; private set; } = new();

    /// <summary>Whether the reader leaves room for one more response.</summary>
    protected abstract bool HasRoom { get; }

    /// <summary>The caller wants no more.</summary>
    public void Close() => _closed = true;

    /// <summary>The ids to run now, at most <paramref name="maximum"/>.</summary>
    public ReadOnlySpan<int> BeginTurn(int maximum, long now)
    {
        Timing.QueueNanoseconds += Nanoseconds(now - Interlocked.Exchange(ref _requested, now));
        if (InPrefill)
        {
            PrefillStarted ??= DateTimeOffset.UtcNow;
            return prompt.AsSpan(Position, Math.Min(maximum, prompt.Length - Position));
        }

        DecodeStarted ??= DateTimeOffset.UtcNow;
        return _next;
    }

    /// <summary>The ids of <see cref="BeginTurn"/> were run.</summary>
    public void EndTurn(int tokens, long started, long ended)
    {
        if (InPrefill)
        {
            Timing.PrefillNanoseconds += Nanoseconds(ended - started);
        }
        else
        {
            Timing.DecodeNanoseconds += Nanoseconds(ended - started);
            _hasNext = false;
        }

        Position += tokens;
        Interlocked.Exchange(ref _requested, ended);
    }

    /// <summary>Turns the logits after the last token into a response.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <exception cref="Sampling.InvalidLogitsException">They are no distribution.</exception>
    public abstract void Accept(ReadOnlySpan<float> logits);

    /// <summary>Gives a last response without a token: the model failed.</summary>
    public abstract void Fail();

    /// <summary>The slot is free again; there are no more responses.</summary>
    public void Release()
    {
        Complete();
        _released.TrySetResult();
    }

    /// <summary>Ends the responses.</summary>
    protected abstract void Complete();

    /// <summary>Sets the token to run next. In step mode the caller's.</summary>
    protected void Continue(int token)
    {
        _next[0] = token;
        Interlocked.Exchange(ref _requested, Stopwatch.GetTimestamp());
        _hasNext = true;
    }

    /// <summary>The timing so far, for a response; the next one begins at nothing.</summary>
    protected DecoderTiming TakeTiming()
    {
        var taken = Timing;
        Timing = new();
        return taken;
    }

    protected static long Nanoseconds(long ticks) => (long)(ticks * (1e9 / Stopwatch.Frequency));
}
