using System.Collections.Concurrent;
using System.Diagnostics;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Decoder.Scheduling;
using GenAiLab.Sampling;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Engine;

/// <summary>
/// Carries out what the scheduler planned: copies, runs, logits to sessions. A run that fails is tried
/// again one stream at a time, so that only the stream at fault ends.
/// </summary>
internal sealed partial class StepRunner(string name, DecoderGraph graph, Scheduler scheduler, bool batched, DecoderTelemetry telemetry, ILogger logger)
{
    // Below this many logits the hand-over to other threads costs more than it saves.
    private const int ParallelLogits = 1 << 16;
    private readonly int[] _tokens = new int[graph.Slots];
    private readonly int[] _lengths = new int[graph.Slots];
    private long _running;
    private long _tokensRun;

    /// <summary>Streams whose slot holds nothing sound any more.</summary>
    public HashSet<ScheduledStream> Poisoned { get; } = [];

    /// <summary>How long the last decode step took.</summary>
    public TimeSpan LastDecode { get; private set; }

    /// <summary>Tokens that the model was run on so far.</summary>
    public long TokensRun => Interlocked.Read(ref _tokensRun);

    /// <summary>How long the model has been running without a pause.</summary>
    public TimeSpan RunningFor => Volatile.Read(ref _running) is var started and not 0 ? Stopwatch.GetElapsedTime(started) : TimeSpan.Zero;

    /// <summary>Fills the slots of streams that were admitted.</summary>
    public void Take(IReadOnlyList<Admitted> admitted)
    {
        foreach (var (stream, copy) in admitted)
        {
            if (copy is { } prefix)
            {
                Copy(prefix);
            }

            telemetry.Reused(name, stream);
        }
    }

    /// <summary>One round: a decode step and the chunks of prompts between it and the next.</summary>
    public void Run(StepPlan plan, IReadOnlyDictionary<ScheduledStream, DecodeSession> sessions)
    {
        if (plan.Move is { } move)
        {
            Copy(move);
        }

        if (plan.Decode.Count > 0)
        {
            var started = Stopwatch.GetTimestamp();
            if (batched && plan.Decode.Count > 1)
            {
                Decode([.. plan.Decode.Select(stream => sessions[stream])]);
            }
            else
            {
                DecodeEach([.. plan.Decode.Select(stream => sessions[stream])]);
            }

            LastDecode = Stopwatch.GetElapsedTime(started);
        }

        foreach (var (stream, tokens) in plan.Prefill)
        {
            Prefill(sessions[stream], tokens);
        }
    }

    /// <summary>The span of a session's decoding, when it has ended.</summary>
    public void TraceDecode(DecodeSession session)
    {
        if (session.DecodeStarted is { } started)
        {
            telemetry.Span("decoder.decode", session, name, started, session.Stream.Computed - session.Stream.PromptLength);
        }
    }

    private void Copy(SlotCopy copy)
    {
        if (copy.Swaps)
        {
            graph.Swap(copy.From, copy.To, copy.Tokens);
        }
        else
        {
            graph.Copy(copy.From, copy.To, copy.Tokens);
        }
    }

    private void Decode(DecodeSession[] sessions)
    {
        var first = sessions[0].Stream.Slot;
        var width = sessions[^1].Stream.Slot - first + 1;
        for (var at = 0; at < width; at++)
        {
            // A slot without a token of its own runs along: what it writes lies behind its last token.
            (_tokens[at], _lengths[at]) = (0, Math.Min(scheduler.Length(first + at), graph.Config.ContextLength - 1));
        }

        var started = Begin(sessions);
        foreach (var session in sessions)
        {
            _tokens[session.Stream.Slot - first] = session.Stream.Tokens[session.Stream.Computed];
        }

        try
        {
            graph.Decode(first, _tokens.AsSpan(0, width), _lengths.AsSpan(0, width));
        }
        catch (OnnxRuntimeException error)
        {
            End();
            LogBatchFailed(logger, error, name, sessions.Length);
            DecodeEach(sessions);
            return;
        }

        var ended = End();
        foreach (var session in sessions)
        {
            Ran(session, 1, started, ended);
        }

        Interlocked.Add(ref _tokensRun, sessions.Length);
        telemetry.Ran(name, prefill: false, sessions.Length, sessions.Length, Stopwatch.GetElapsedTime(started, ended));
        if (sessions.Length > 1 && sessions.Length * graph.Config.VocabularySize >= ParallelLogits)
        {
            Parallel.ForEach(Partitioner.Create(sessions, loadBalance: true), session => AcceptRow(session, session.Stream.Slot - first));
        }
        else
        {
            foreach (var session in sessions)
            {
                AcceptRow(session, session.Stream.Slot - first);
            }
        }
    }

    private void AcceptRow(DecodeSession session, int row)
    {
        var position = session.Stream.Computed;
        if (session.Rows(position - 1, 1) > 0)
        {
            Accept(session, graph.Row(row), 1);
        }
    }

    private void DecodeEach(DecodeSession[] sessions)
    {
        foreach (var session in sessions)
        {
            (_tokens[0], _lengths[0]) = (session.Stream.Tokens[session.Stream.Computed], session.Stream.Computed);
            Run(session, 1, () => graph.Decode(session.Stream.Slot, _tokens.AsSpan(0, 1), _lengths.AsSpan(0, 1)));
        }
    }

    private void Prefill(DecodeSession session, int tokens)
    {
        var stream = session.Stream;
        if (session.ReadsStates)
        {
            Run(session, tokens, () => graph.Read(stream.Slot, stream.Computed, stream.TokenSpan.Slice(stream.Computed, tokens)));
            return;
        }

        tokens = session.Rows(stream.Computed, tokens) > graph.MaximumRows ? graph.MaximumRows : tokens;
        var rows = Math.Max(1, session.Rows(stream.Computed, tokens));
        Run(session, tokens, () => stream.Computed < stream.PromptLength
            ? graph.Prefill(stream.Slot, stream.Computed, stream.TokenSpan.Slice(stream.Computed, tokens), rows)
            : graph.Append(stream.Slot, stream.Computed, stream.TokenSpan.Slice(stream.Computed, tokens), rows));
    }

    private delegate ReadOnlySpan<float> ModelRun();

    private void Run(DecodeSession session, int tokens, ModelRun run)
    {
        var stream = session.Stream;
        var wanted = session.Rows(stream.Computed, tokens);
        var prefill = stream.Computed < stream.PromptLength;
        var started = Begin([session]);
        ReadOnlySpan<float> logits;
        try
        {
            logits = run();
        }
        catch (OnnxRuntimeException error)
        {
            End();
            Fail(session, error);
            return;
        }

        var ended = End();
        Ran(session, tokens, started, ended);
        Interlocked.Add(ref _tokensRun, tokens);
        telemetry.Ran(name, prefill, streams: 1, tokens, Stopwatch.GetElapsedTime(started, ended));
        if (prefill && stream.Computed >= stream.PromptLength)
        {
            foreach (var sibling in session.Siblings)
            {
                graph.Copy(stream.Slot, sibling.Stream.Slot, stream.Computed);
                sibling.Stream.TakePrompt(stream);
                Accept(sibling, logits, 1);
            }
        }

        if (wanted > 0)
        {
            Accept(session, logits[^(wanted * (session.ReadsStates ? graph.HiddenSize : graph.Config.VocabularySize))..], wanted);
        }
    }

    private void Accept(DecodeSession session, ReadOnlySpan<float> logits, int rows)
    {
        try
        {
            session.Accept(logits, rows);
        }
        catch (InvalidLogitsException error)
        {
            telemetry.InvalidLogits(name);
            Fail(session, error);
        }
    }

    private void Fail(DecodeSession session, Exception error)
    {
        LogStreamFailed(logger, error, name, session.Stream.Computed);
        lock (Poisoned)
        {
            Poisoned.Add(session.Stream);
        }

        session.Fail();
        foreach (var sibling in session.Siblings.Where(static sibling => sibling.Stream.Computed == 0))
        {
            sibling.Fail();
        }
    }

    private void Ran(DecodeSession session, int tokens, long started, long ended)
    {
        var stream = session.Stream;
        var prefill = stream.Computed < stream.PromptLength;
        session.EndRun(prefill, started, ended);
        scheduler.Ran(stream, tokens);
        if (prefill && stream.Computed >= stream.PromptLength)
        {
            telemetry.Span("decoder.prefill", session, name, session.PrefillStarted!.Value, stream.PromptLength);
        }
    }

    private long Begin(ReadOnlySpan<DecodeSession> sessions)
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var session in sessions)
        {
            session.BeginRun(now);
        }

        Volatile.Write(ref _running, now);
        return now;
    }

    private long End()
    {
        Volatile.Write(ref _running, 0);
        return Stopwatch.GetTimestamp();
    }

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "A stream of {Model} failed at position {Position}")]
    private static partial void LogStreamFailed(ILogger logger, Exception error, string model, int position);

    [LoggerMessage(EventId = 12, Level = LogLevel.Warning, Message = "A step of {Model} with {Streams} streams failed; each is tried by itself")]
    private static partial void LogBatchFailed(ILogger logger, Exception error, string model, int streams);
}
