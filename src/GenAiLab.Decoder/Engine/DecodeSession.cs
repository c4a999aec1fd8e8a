using System.Diagnostics;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Engine;

/// <summary>
/// One stream in the engine. The engine's loop owns it, but for what is said to be the caller's: the
/// caller ends it by its token or by <see cref="Close"/>, and waits for <see cref="Released"/>.
/// </summary>
/// <param name="stream">What the scheduler knows of it.</param>
/// <param name="cancellation">The call's token.</param>
internal abstract class DecodeSession(ScheduledStream stream, CancellationToken cancellation)
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _arrived = Stopwatch.GetTimestamp();
    private volatile bool _closed;
    private long _requested = Stopwatch.GetTimestamp();

    /// <summary>Where the caller's trace goes on: the engine's loop runs outside of the call.</summary>
    public ActivityContext Parent { get; } = Activity.Current?.Context ?? default;

    /// <summary>When the caller came.</summary>
    public DateTimeOffset Arrived { get; } = DateTimeOffset.UtcNow;

    /// <summary>Since the caller came; to be asked when the session leaves the waiting line.</summary>
    public TimeSpan InQueue => Stopwatch.GetElapsedTime(_arrived);

    /// <summary>It has, or had, a slot.</summary>
    public bool HasSlot { get; private set; }

    /// <summary>The caller has left before the last response; a client of step mode who ended its stream in order has not.</summary>
    public bool WasLeft => !Finished && cancellation.IsCancellationRequested;

    /// <summary>Tokens, slot and progress.</summary>
    public ScheduledStream Stream => stream;

    /// <summary>Further candidates, which wait until this one is prefilled.</summary>
    public virtual IReadOnlyList<DecodeSession> Siblings => [];

    /// <summary>Completes when the session holds no slot and no place in the line.</summary>
    public Task Released => _released.Task;

    /// <summary>No more turns are wanted.</summary>
    public bool IsOver => Finished || _closed || cancellation.IsCancellationRequested;

    /// <summary>The last response has been given.</summary>
    public bool Finished { get; protected set; }

    /// <summary>It is given the last hidden states of its prompt, where others are given logits.</summary>
    public virtual bool ReadsStates => false;

    /// <summary>A client chooses the tokens, and will answer soon: worth a short wait before the next step.</summary>
    public virtual bool AwaitsClient => false;

    /// <summary>When prefill began and when decoding began, for the trace; null: not yet.</summary>
    public DateTimeOffset? PrefillStarted { get; private set; }

    /// <inheritdoc cref="PrefillStarted"/>
    public DateTimeOffset? DecodeStarted { get; private set; }

    /// <summary>Where the time until the next response goes.</summary>
    protected DecoderTiming Timing { get; private set; } = new();

    /// <summary>It has got a slot.</summary>
    public void Admit() => HasSlot = true;

    /// <summary>The caller wants no more.</summary>
    public void Close() => _closed = true;

    /// <summary>Before the loop plans: takes what the caller sent in the meantime.</summary>
    /// <returns>Whether the session may run.</returns>
    public abstract bool Prepare();

    /// <summary>How many of the last of these tokens' logits the session needs; 0: none, at most <paramref name="count"/>.</summary>
    public abstract int Rows(int start, int count);

    /// <summary>The session's tokens are about to be run.</summary>
    public void BeginRun(long now)
    {
        Timing.QueueNanoseconds += Nanoseconds(now - Interlocked.Exchange(ref _requested, now));
        if (stream.Computed < stream.PromptLength)
        {
            PrefillStarted ??= DateTimeOffset.UtcNow;
        }
        else
        {
            DecodeStarted ??= DateTimeOffset.UtcNow;
        }
    }

    /// <summary>They were run.</summary>
    /// <param name="prefill">As part of the prompt.</param>
    /// <param name="started">Timestamp.</param>
    /// <param name="ended">Timestamp.</param>
    public void EndRun(bool prefill, long started, long ended)
    {
        if (prefill)
        {
            Timing.PrefillNanoseconds += Nanoseconds(ended - started);
        }
        else
        {
            Timing.DecodeNanoseconds += Nanoseconds(ended - started);
        }

        Interlocked.Exchange(ref _requested, ended);
    }

    /// <summary>Turns logits into responses. May run beside that of other sessions.</summary>
    /// <param name="logits">[rows, vocabulary], after the last tokens run; [rows, width], their hidden states, for one that reads these.</param>
    /// <param name="rows">As many as <see cref="Rows"/> asked for; at least 1.</param>
    /// <exception cref="Sampling.InvalidLogitsException">They are no distribution.</exception>
    public abstract void Accept(ReadOnlySpan<float> logits, int rows);

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

    /// <summary>There is something to run: its time in the queue begins.</summary>
    protected void Requested() => Interlocked.Exchange(ref _requested, Stopwatch.GetTimestamp());

    /// <summary>The timing so far, for a response; the next one begins at nothing.</summary>
    protected DecoderTiming TakeTiming()
    {
        var taken = Timing;
        Timing = new();
        return taken;
    }

    protected static long Nanoseconds(long ticks) => (long)(ticks * (1e9 / Stopwatch.Frequency));
}
