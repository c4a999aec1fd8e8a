using System.Diagnostics;
using System.Text;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.ServiceDefaults.Telemetry;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Telemetry;

/// <summary>
/// One generation as telemetry sees it: its span and histograms by the OpenTelemetry GenAI conventions,
/// and the clock of its answer. What users write and read stays out, unless told otherwise.
/// Owned by one call; ends with it.
/// </summary>
internal sealed class GenerationObservation : IDisposable
{
    private const int MaximumModelNameLength = 128;
    private static readonly ActivitySource Source = new("GenAiLab.Orchestrator");

    private readonly GenerationMeter _meter;
    private readonly TimeProvider _time;
    private readonly string _operation;
    private readonly bool _capturesContent;
    private readonly Activity? _activity;
    private readonly long _arrival;
    private readonly StringBuilder _output = new();
    private GenerationPlan? _plan;
    private string? _errorType;
    private Candidate[] _candidates = [new()];

    /// <param name="meter">Takes the figures.</param>
    /// <param name="time">The clock.</param>
    /// <param name="request">What the caller asked for, not checked yet.</param>
    /// <param name="captureContent">Whether prompt and answer go on the span.</param>
    public GenerationObservation(GenerationMeter meter, TimeProvider time, GenerateRequest request, bool captureContent)
    {
        (_meter, _time, _capturesContent) = (meter, time, captureContent);
        _arrival = time.GetTimestamp();
        _operation = request.PromptCase == GenerateRequest.PromptOneofCase.Chat ? "chat" : "text_completion";
        _activity = Source.StartActivity(
            _operation, ActivityKind.Client, parentContext: default,
            [new("gen_ai.operation.name", _operation), new("gen_ai.provider.name", "genailab")]);
        if (request.Model.Length > 0)
        {
            _activity?.SetTag("gen_ai.request.model", request.Model[..Math.Min(request.Model.Length, MaximumModelNameLength)]);
        }
    }

    /// <summary>Since the request's arrival.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_arrival);

    /// <summary>From the request's arrival to the first token; zero before it.</summary>
    public TimeSpan TimeToFirstToken { get; private set; }

    /// <summary>W3C trace id in lower-case hexadecimal; empty when the call is not traced.</summary>
    public static string TraceId => Activity.Current is { Recorded: true } activity ? activity.TraceId.ToHexString() : "";

    public void Planned(GenerationPlan plan)
    {
        _plan = plan;
        _candidates = [.. Enumerable.Range(0, plan.Candidates).Select(static _ => new Candidate())];
        if (_activity is not { IsAllDataRequested: true })
        {
            return;
        }

        _activity.DisplayName = $"{_operation} {plan.Model.Name}";
        _activity.SetTag("gen_ai.request.model", plan.Model.Name);
        _activity.SetTag("gen_ai.response.model", plan.Model.Name);
        _activity.SetTag("gen_ai.output.type", "text");
        _activity.SetTag("gen_ai.request.max_tokens", plan.Rules.MaxTokens);
        _activity.SetTag("gen_ai.request.temperature", plan.Sampling.HasTemperature ? (double)plan.Sampling.Temperature : 1.0);
        _activity.SetTag("gen_ai.request.seed", unchecked((long)plan.Sampling.Seed)); // The convention's integers are signed.
        _activity.SetTag("gen_ai.usage.input_tokens", plan.Rules.PromptTokens);
        _activity.SetTag("genailab.loop_mode", plan.Mode.ToString());
        if (plan.Sampling.HasTopP)
        {
            _activity.SetTag("gen_ai.request.top_p", (double)plan.Sampling.TopP);
        }

        if (plan.Sampling.HasTopK)
        {
            _activity.SetTag("gen_ai.request.top_k", (double)plan.Sampling.TopK);
        }

        if (_capturesContent)
        {
            _activity.SetTag("gen_ai.input.messages", CapturedContent.Input(plan.Conversation.Count > 0
                ? plan.Conversation.Select(static message => (message.Role, message.Content))
                : [("user", plan.PromptText())]));
        }
    }

    /// <summary>Passes the events on as they come, and takes note of them.</summary>
    public async IAsyncEnumerable<CandidateEvent> Watch(IAsyncEnumerable<CandidateEvent> events)
    {
        await foreach (var candidateEvent in events)
        {
            Saw(candidateEvent);
            yield return candidateEvent;
        }
    }

    /// <summary>The call ends with an error, or its caller has left.</summary>
    public void Failed(Exception error, ServerCallContext context)
    {
        var status = RpcStatus.Of(error, context);
        _errorType = RpcStatus.Name(status);
        var reason = status switch
        {
            StatusCode.Cancelled => FinishReason.Cancelled,
            StatusCode.DeadlineExceeded => FinishReason.Deadline,
            _ => FinishReason.Error,
        };
        foreach (var candidate in _candidates.Where(static candidate => !candidate.Ended))
        {
            candidate.Reason = reason;
        }
    }

    public void Dispose()
    {
        if (_plan is { } plan)
        {
            if (_candidates.Any(static candidate => candidate.Reason == FinishReason.Error))
            {
                _errorType ??= "model";
            }

            if (_activity is { IsAllDataRequested: true })
            {
                var reasons = _candidates.Select(static candidate => FinishReasonName(candidate.Reason)).ToArray();
                _activity.SetTag("gen_ai.usage.output_tokens", _candidates.Sum(static candidate => candidate.Generated));
                _activity.SetTag("gen_ai.response.finish_reasons", reasons);
                if (_capturesContent)
                {
                    _activity.SetTag("gen_ai.output.messages", CapturedContent.Output(_output.ToString(), reasons[0]));
                }
            }

            Record(plan);
        }

        if (_errorType is not null)
        {
            _activity?.SetTag("error.type", _errorType).SetStatus(ActivityStatusCode.Error);
        }

        _meter.RecordOperation(_operation, Elapsed, _plan?.Model.Name, _errorType);
        _activity?.Dispose();
    }

    private void Record(GenerationPlan plan)
    {
        for (var at = 0; at < _candidates.Length; at++)
        {
            var candidate = _candidates[at];
            // They share the prompt: it was read once.
            _meter.RecordEnd(_operation, plan.Model.Name, candidate.Reason, at == 0 ? plan.Rules.PromptTokens : 0, candidate.Generated);
            if (plan.Speculation is { } speculation)
            {
                _meter.RecordGuesses(speculation.Method, plan.Model.Name, candidate.Drafted, candidate.Accepted);
            }

            if (_errorType is null && candidate.Generated > 0)
            {
                _meter.RecordTokens(
                    _operation, plan.Model.Name, candidate.FirstToken, candidate.LatestToken - candidate.FirstToken, candidate.Generated);
            }
        }
    }

    private void Saw(CandidateEvent candidateEvent)
    {
        var candidate = _candidates[candidateEvent.Candidate];
        switch (candidateEvent.Event)
        {
            case TokenGenerated token:
                SawToken(candidate, token);
                Capture(candidateEvent.Candidate, token.Text);
                break;
            case LoopFinished finished:
                (candidate.Reason, candidate.Generated, candidate.Ended) = (finished.Reason, finished.GeneratedTokens, true);
                Capture(candidateEvent.Candidate, finished.Text);
                break;
        }
    }

    private void SawToken(Candidate candidate, TokenGenerated token)
    {
        var now = Elapsed;
        if (token.Index == 0)
        {
            candidate.FirstToken = now;
            TimeToFirstToken = TimeToFirstToken == TimeSpan.Zero ? now : TimeToFirstToken;
        }
        else
        {
            _meter.RecordGap(_operation, _plan!.Model.Name, now - candidate.LatestToken);
        }

        (candidate.Drafted, candidate.Accepted) = (candidate.Drafted + token.Drafted, candidate.Accepted + token.Accepted);
        (candidate.LatestToken, candidate.Generated) = (now, token.Index + 1);
    }

    // Of several candidates the first: a span has room for one answer.
    private void Capture(int candidate, string text)
    {
        if (_capturesContent && candidate == 0 && _output.Length <= CapturedContent.MaximumCharacters)
        {
            _output.Append(text);
        }
    }

    private static string FinishReasonName(FinishReason reason) => reason switch
    {
        FinishReason.EndOfSequence or FinishReason.StopSequence => "stop",
        FinishReason.MaxTokens or FinishReason.ContextFull => "length",
        FinishReason.Guard => "content_filter",
        FinishReason.Cancelled => "cancelled",
        FinishReason.Deadline => "deadline",
        _ => "error",
    };

    private sealed class Candidate
    {
        public FinishReason Reason { get; set; } = FinishReason.Error;

        public bool Ended { get; set; }

        public int Generated { get; set; }

        public TimeSpan FirstToken { get; set; }

        public TimeSpan LatestToken { get; set; }

        public int Drafted { get; set; }

        public int Accepted { get; set; }
    }
}
