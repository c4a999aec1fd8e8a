using System.Diagnostics;
using System.Threading.Channels;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Sampling;
using GenAiLab.ServiceDefaults;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Engine;

/// <summary>
/// Runs the streams of one model: a bounded waiting line, and one loop that owns the model and gives
/// each stream in a slot one turn after the other (a chunk of its prompt or one token).
/// </summary>
internal sealed partial class DecodeEngine : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly DecoderGraph _graph;
    private readonly DecoderTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly DecodeSession?[] _slots;
    private readonly int _maximumOpen;
    private readonly Lock _gate = new();
    private readonly LinkedList<DecodeSession> _waiting = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private int _open;
    private bool _stopped;
    private volatile int _slotsInUse;

    public DecodeEngine(string name, DecoderGraph graph, DecoderOptions options, DecoderTelemetry telemetry, ILogger logger)
    {
        (_name, _graph, _telemetry, _logger) = (name, graph, telemetry, logger);
        _slots = new DecodeSession?[options.Slots];
        _maximumOpen = options.Slots + options.MaximumWaiting;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>What the folder says of the model.</summary>
    public GenAiConfig Config => _graph.Config;

    /// <summary>Number of slots.</summary>
    public int Slots => _slots.Length;

    /// <summary>Slots that a stream holds now.</summary>
    public int SlotsInUse => _slotsInUse;

    /// <summary>Puts a session into the line.</summary>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED: slots and line are full. UNAVAILABLE: the engine has stopped.</exception>
    public void Submit(DecodeSession session)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                throw RpcErrors.Unavailable("the service is stopping");
            }

            if (_open >= _maximumOpen)
            {
                _telemetry.Refused(_name);
                throw RpcErrors.ResourceExhausted("every slot is taken and the waiting line is full", RetryAfter);
            }

            _open++;
            _waiting.AddLast(session);
        }

        _telemetry.Waiting(_name, 1);
        Wake();
    }

    /// <summary>Something about a session has changed: a token came, a response was read, the caller left.</summary>
    public void Wake() => _signal.Writer.TryWrite(true);

    /// <summary>Ends all streams without a last response, and the loop; then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        RequestStop();
        await _loop;
        _graph.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Asks the loop to end all streams, without a last response, and itself.</summary>
    public void RequestStop() => _stopping.Cancel();

    private async Task RunAsync()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                Admit();
                if (!GiveTurns())
                {
                    await _signal.Reader.ReadAsync(_stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            LogEngineFailed(_logger, error, _name);
        }

        AbandonAll();
    }

    // Moves sessions from the line into free slots, in the order in which they came.
    private void Admit()
    {
        lock (_gate)
        {
            var free = 0;
            for (var node = _waiting.First; node is not null;)
            {
                var (session, next) = (node.Value, node.Next);
                while (free < _slots.Length && _slots[free] is not null)
                {
                    free++;
                }

                if (session.IsOver)
                {
                    Leave(node);
                    _open--;
                    session.Release();
                }
                else if (free < _slots.Length)
                {
                    Leave(node);
                    _slots[free] = session;
                    _slotsInUse++;
                    _telemetry.SlotsInUse(_name, 1);
                }

                node = next;
            }
        }

        void Leave(LinkedListNode<DecodeSession> node)
        {
            _waiting.Remove(node);
            _telemetry.Waiting(_name, -1);
        }
    }

    private bool GiveTurns()
    {
        var ran = false;
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] is not { } session)
            {
                continue;
            }

            if (!session.IsOver && session.IsReady)
            {
                GiveTurn(slot, session);
                ran = true;
            }

            if (session.IsOver)
            {
                Free(slot, session);
                ran = true; // There may be someone in the line for it.
            }
        }

        return ran;
    }

    private void GiveTurn(int slot, DecodeSession session)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            var prefill = session.InPrefill;
            var tokens = session.BeginTurn(_graph.MaximumTokens, started);
            var logits = _graph.Run(slot, session.Position, tokens);
            var ended = Stopwatch.GetTimestamp();
            session.EndTurn(tokens.Length, started, ended);
            _telemetry.Ran(_name, prefill, tokens.Length, Stopwatch.GetElapsedTime(started, ended));
            if (session.InPrefill)
            {
                return;
            }

            if (prefill)
            {
                _telemetry.Span("decoder.prefill", session, _name, session.PrefillStarted!.Value, session.PromptLength);
            }

            session.Accept(logits);
        }
        catch (Exception error) when (error is InvalidLogitsException or OnnxRuntimeException)
        {
            // One stream's failure is its own; the others go on.
            LogStreamFailed(_logger, error, _name, session.Position);
            session.Fail();
        }
    }

    private void Free(int slot, DecodeSession session)
    {
        if (session.DecodeStarted is { } started)
        {
            _telemetry.Span("decoder.decode", session, _name, started, session.Position - session.PromptLength);
        }

        _slots[slot] = null;
        lock (_gate)
        {
            _slotsInUse--;
            _open--;
        }

        _telemetry.SlotsInUse(_name, -1);
        session.Release();
    }

    private void AbandonAll()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (var session in _waiting)
            {
                session.Release();
            }

            _waiting.Clear();
        }

        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] is { } session)
            {
                Free(slot, session);
            }
        }
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "The engine of {Model} stopped")]
    private static partial void LogEngineFailed(ILogger logger, Exception error, string model);

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "A stream of {Model} failed at position {Position}")]
    private static partial void LogStreamFailed(ILogger logger, Exception error, string model, int position);
}
