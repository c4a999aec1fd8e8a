using System.Globalization;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Fleet;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Simulation.Tests.World;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GenAiLab.Simulation.Tests;

/// <summary>
/// The orchestrator's fleet, balancer and resuming streams over decoder services, all as they ship, in one thread and in
/// simulated time. Left out: the network itself, the model, step mode, hedging, and what the orchestrator does with tokens.
/// </summary>
/// <param name="scenario">Who asks, and what goes wrong.</param>
/// <param name="sabotage">The rule that is broken on purpose.</param>
internal sealed class Simulation(Scenario scenario, Sabotage sabotage = Sabotage.None)
{
    // Long after the last fault has ended.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private readonly SimulatedTime _time = new();
    private readonly Dictionary<int, CancellationTokenSource> _clients = [];
    private readonly List<string> _trace = [];
    private SimulatedDecoder[] _decoders = [];
    private DecoderFleet _fleet = null!;
    private ResumingTokenSource _source = null!;
    private Task _watching = Task.CompletedTask;
    private Exception? _broken;
    private int _open;
    private int _faults;

    /// <summary>What happened, line by line, and when.</summary>
    public IReadOnlyList<string> Trace => _trace;

    public int Events { get; private set; }

    public int Completed { get; private set; }

    public int Resumes { get; private set; }

    public int Refused { get; private set; }

    public int Cached { get; private set; }

    /// <summary>Runs until every client has what it wanted and every fault is over.</summary>
    /// <returns>The rule that was broken, and when; null: none.</returns>
    public string? Run()
    {
        using var stopping = new CancellationTokenSource();
        var settledAt = TimeSpan.MaxValue;
        try
        {
            _time.Run(
                () => Start(stopping.Token),
                () =>
                {
                    Events++;
                    Check();
                    if (_open == 0 && _faults == 0 && settledAt == TimeSpan.MaxValue)
                    {
                        settledAt = _time.Now + Settling;
                    }

                    return _time.Now < settledAt;
                });
            foreach (var decoder in _decoders)
            {
                decoder.CheckIdle();
            }

            Rule(_fleet.OpenStreams == 0, "the orchestrator counts a stream that has ended");
            _time.Run(stopping.Cancel, static () => false);
            Rule(_watching.IsCompleted, "the fleet watches on after it was told to stop");
            return null;
        }
        catch (BrokenRuleException broken)
        {
            return $"{broken.Message} (after {_time.Now.TotalMilliseconds:0.0} ms)";
        }
    }

    private void Start(CancellationToken stopping)
    {
        _decoders = [.. Enumerable.Range(0, scenario.Decoders).Select(index => new SimulatedDecoder(index, _time, scenario.Seed, sabotage))];
        var duplicated = scenario.Requests.Where(static request => request.IsDuplicated).Select(static request => request.Number).ToHashSet();
        var options = Options.Create(new FleetOptions());
        var logger = new TraceLogger(this);
        var list = string.Join(',', Enumerable.Range(0, scenario.Decoders).Select(static index => $"decoder-{index}:1"));
        var addresses = ReplicaAddresses.From(new ConfigurationBuilder().AddInMemoryCollection([new("Services:decoder", $"static:{list}")]).Build(), "decoder")!;
        _fleet = new DecoderFleet(
            addresses, address => new SimulatedChannel(_decoders[address.Host[^1] - '0'], _time, duplicated.Contains), options, _time, logger)
        {
            FirstDraw = (long)scenario.Seed,
        };
        _source = new ResumingTokenSource(_fleet, new PushdownTokenSource(), new HedgedOpening(options, _time), _time, logger);
        _watching = _fleet.WatchAsync(stopping);
        foreach (var request in scenario.Requests)
        {
            _open++;
            _clients[request.Number] = new CancellationTokenSource();
            _time.After(request.At, () => _ = AskAsync(request));
        }

        foreach (var fault in scenario.Faults)
        {
            _faults++;
            _time.After(fault.At, () => Break(fault));
        }
    }

    private async Task AskAsync(Request request)
    {
        var (wanted, finish) = ToyModel.Calm(request);
        var caller = _clients[request.Number].Token;
        List<int> tokens = [];
        var ended = FinishReason.Unspecified;
        Say($"request {request.Number} comes");
        try
        {
            await foreach (var step in _source.GenerateAsync(Plan(request), new CallOptions([new Metadata.Entry("number", request.Number.ToString(CultureInfo.InvariantCulture))], cancellationToken: caller)))
            {
                ended = step.Finish;
                Cached += step.CachedPromptTokens;
                if (step.Token is { } token)
                {
                    Rule(tokens.Count < wanted.Count && wanted[tokens.Count] == token.Id, $"request {request.Number}: token {tokens.Count} is not that of a calm run");
                    tokens.Add(token.Id);
                    Resumes += step.Resumes > 0 && step.Finish != FinishReason.Unspecified ? step.Resumes : 0;
                }

                if (request.ReadingPause > TimeSpan.Zero)
                {
                    await Task.Delay(request.ReadingPause, _time, caller);
                }
            }

            Rule(
                ended == FinishReason.Error ? _decoders.Any(decoder => decoder.ExcusesFailure([.. request.Prompt, .. tokens])) : ended == finish && tokens.Count == wanted.Count,
                $"request {request.Number} ended with {tokens.Count} of {wanted.Count} tokens and {ended}");
            Completed++;
            Say($"request {request.Number} ends: {ended}");
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            Say($"request {request.Number} was left by its client");
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted && tokens.Count == 0 && _decoders.Any(decoder => decoder.Refused.Contains(request.Number)))
        {
            Refused++;
            Say($"request {request.Number} is refused");
        }
        catch (Exception error)
        {
            _broken ??= error is BrokenRuleException ? error : new BrokenRuleException($"request {request.Number} failed after {tokens.Count} tokens: {error.Message}");
        }

        _open--;
    }

    // At least one decoder is always well: what happens where there is none is not for this simulation to say.
    private void Break(Fault fault)
    {
        var decoder = fault.Target < _decoders.Length ? _decoders[fault.Target] : null;
        var spares = _decoders.Any(other => other != decoder && other.IsWell);
        Action? mend = null;
        switch (fault.Kind)
        {
            case FaultKind.Kill when spares && decoder!.IsUp:
                decoder.Kill();
                mend = decoder.Start;
                break;
            case FaultKind.Freeze when spares:
                decoder!.Freeze();
                mend = decoder.Thaw;
                break;
            case FaultKind.Partition when spares:
                decoder!.Link.Cut();
                mend = decoder.Link.Mend;
                break;
            case FaultKind.Delay:
                decoder!.Link.Longest = TimeSpan.FromMilliseconds(150);
                mend = () => decoder.Link.Longest = TimeSpan.FromMilliseconds(2);
                break;
            case FaultKind.Drain when spares && decoder!.IsWell:
                decoder.Drain(fault.Length / 2);
                mend = () =>
                {
                    decoder.Kill();
                    decoder.Start();
                };
                break;
            case FaultKind.ModelError:
                decoder!.FailModel();
                break;
            case FaultKind.Cancel when _clients.TryGetValue(fault.Target, out var client):
                client.Cancel();
                break;
            case FaultKind.ClockJump:
                _time.WallClockError += fault.Length;
                break;
            default:
                _faults--;
                return;
        }

        Say(fault.ToString());
        _time.After(mend is null ? TimeSpan.Zero : fault.Length, () =>
        {
            mend?.Invoke();
            _faults--;
            if (mend is not null)
            {
                Say($"{fault.Kind} of {fault.Target} is over");
            }
        });
    }

    private void Check()
    {
        if (_broken is not null)
        {
            throw _broken;
        }

        foreach (var decoder in _decoders)
        {
            decoder.Check();
        }

        Rule(_time.Now < Limit, "a request never ends");
    }

    private static GenerationPlan Plan(Request request)
    {
        var plan = new GenerationPlan
        {
            Model = new DecoderDescription { Name = SimulatedDecoder.Model },
            // Texts are not made here.
            Pieces = null!,
            Prompt = [],
            Conversation = [],
            Sampling = ToyModel.Program(request),
            Rules = new LoopRules(request.Prompt.Length, request.MaxTokens, ToyModel.Context, [ToyModel.End], []),
            Mode = LoopMode.Pushdown,
            Alternatives = 0,
            TokenizeNanoseconds = 0,
            Tenant = request.Tenant,
        };
        plan.Prompt.AddRange(request.Prompt.Select(static id => new TokenPiece { Id = id }));
        return plan;
    }

    private void Say(string line) => _trace.Add($"{_time.Now.TotalMilliseconds,8:0.0} ms  {line}");

    private static void Rule(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new BrokenRuleException(otherwise);
        }
    }

    private sealed class TraceLogger(Simulation simulation) : ILogger<DecoderFleet>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            simulation.Say(formatter(state, exception));
    }
}
