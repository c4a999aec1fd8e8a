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
    private FinishReason _reason = FinishReason.Error;
    private int _generated;
    private TimeSpan _latestToken;

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

    public void Saw(LoopEvent loopEvent)
    {
        switch (loopEvent)
        {
            case TokenGenerated token:
                SawToken(token);
                break;
            case LoopFinished finished:
                (_reason, _generated) = (finished.Reason, finished.GeneratedTokens);
                Capture(finished.Text);
                break;
        }
    }

    /// <summary>The call ends with an error, or its caller has left.</summary>
    public void Failed(Exception error, ServerCallContext context)
    {
        var status = RpcStatus.Of(error, context);
        _errorType = RpcStatus.Name(status);
        _reason = status switch
        {
            StatusCode.Cancelled => FinishReason.Cancelled,
            StatusCode.DeadlineExceeded => FinishReason.Deadline,
            _ => FinishReason.Error,
        };
    }

    public void Dispose()
    {
        if (_plan is { } plan)
        {
            if (_reason == FinishReason.Error)
            {
                _errorType ??= "model";
            }

            if (_activity is { IsAllDataRequested: true })
            {
                var reason = FinishReasonName(_reason);
                _activity.SetTag("gen_ai.usage.output_tokens", _generated);
                _activity.SetTag("gen_ai.response.finish_reasons", new[] { reason });
                if (_capturesContent)
                {
                    _activity.SetTag("gen_ai.output.messages", CapturedContent.Output(_output.ToString(), reason));
                }
            }

            _meter.RecordEnd(_operation, plan.Model.Name, _reason, plan.Rules.PromptTokens, _generated);
            if (_errorType is null && _generated > 0)
            {
                _meter.RecordTokens(_operation, plan.Model.Name, TimeToFirstToken, Elapsed - TimeToFirstToken, _generated);
            }
        }

        if (_errorType is not null)
        {
            _activity?.SetTag("error.type", _errorType).SetStatus(ActivityStatusCode.Error);
        }

        _meter.RecordOperation(_operation, Elapsed, _plan?.Model.Name, _errorType);
        _activity?.Dispose();
    }

    private void SawToken(TokenGenerated token)
    {
        var now = Elapsed;
        if (token.Index == 0)
        {
            TimeToFirstToken = now;
        }
        else
        {
            _meter.RecordGap(_operation, _plan!.Model.Name, now - _latestToken);
        }

        (_latestToken, _generated) = (now, token.Index + 1);
        Capture(token.Text);
    }

    private void Capture(string text)
    {
        if (_capturesContent && _output.Length <= CapturedContent.MaximumCharacters)
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
}
