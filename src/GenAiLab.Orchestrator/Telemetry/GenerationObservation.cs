using System.Diagnostics;
using System.Text;
using System.Text.Json;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Telemetry;

/// <summary>
/// One generation as telemetry sees it: its span and histograms by the OpenTelemetry GenAI conventions,
/// and the clock of its answer. What users write and read stays out, unless <paramref name="captureContent"/>.
/// Owned by one call; ends with it.
/// </summary>
internal sealed class GenerationObservation(GenerationMeter meter, TimeProvider time, string operation, bool captureContent) : IDisposable
{
    private static readonly ActivitySource Source = new("GenAiLab.Orchestrator");

    private readonly Activity? _activity = Source.StartActivity(operation, ActivityKind.Client);
    private readonly long _arrival = time.GetTimestamp();
    private readonly StringBuilder? _output = captureContent ? new StringBuilder() : null;
    private GenerationPlan? _plan;
    private string? _errorType;
    private LoopFinished? _finished;

    /// <summary>Since the request's arrival.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_arrival);

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

        _activity.DisplayName = $"{operation} {plan.Model.Name}";
        _activity.SetTag("gen_ai.operation.name", operation);
        _activity.SetTag("gen_ai.provider.name", "genailab");
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

        if (captureContent)
        {
            _activity.SetTag("gen_ai.input.messages", plan.Conversation.Count > 0
                ? JsonSerializer.Serialize(plan.Conversation.Select(static message => Message(message.Role, message.Content, finishReason: null)))
                : JsonSerializer.Serialize(new[] { Message("user", plan.PromptText(), finishReason: null) }));
        }
    }

    public void Saw(LoopEvent loopEvent)
    {
        switch (loopEvent)
        {
            case TokenGenerated token:
                if (token.Index == 0)
                {
                    TimeToFirstToken = Elapsed;
                }

                _output?.Append(token.Text);
                break;
            case LoopFinished finished:
                _finished = finished;
                _output?.Append(finished.Text);
                break;
        }
    }

    public void Failed(Exception error) =>
        _errorType = error is RpcException rpc ? rpc.StatusCode.ToString() : error is OperationCanceledException ? "Cancelled" : "Internal";

    public void Dispose()
    {
        if (_finished is { } finished && _plan is { } plan)
        {
            if (finished.Reason == FinishReason.Error)
            {
                _errorType ??= "model";
            }

            if (_activity is { IsAllDataRequested: true })
            {
                var reason = FinishReasonName(finished.Reason);
                _activity.SetTag("gen_ai.usage.output_tokens", finished.GeneratedTokens);
                _activity.SetTag("gen_ai.response.finish_reasons", new[] { reason });
                if (_output is not null)
                {
                    _activity.SetTag("gen_ai.output.messages", JsonSerializer.Serialize(new[] { Message("assistant", _output.ToString(), reason) }));
                }
            }

            if (_errorType is null && finished.GeneratedTokens > 0)
            {
                meter.RecordTokens(operation, plan.Model.Name, TimeToFirstToken, Elapsed - TimeToFirstToken, finished.GeneratedTokens);
            }
        }

        if (_errorType is not null)
        {
            _activity?.SetTag("error.type", _errorType).SetStatus(ActivityStatusCode.Error);
        }

        meter.RecordOperation(operation, Elapsed, _plan?.Model.Name, _errorType);
        _activity?.Dispose();
    }

    private static string FinishReasonName(FinishReason reason) => reason switch
    {
        FinishReason.EndOfSequence or FinishReason.StopSequence => "stop",
        FinishReason.MaxTokens or FinishReason.ContextFull => "length",
        FinishReason.Guard => "content_filter",
        _ => "error",
    };

    private static object Message(string role, string content, string? finishReason)
    {
        object[] parts = [new { type = "text", content }];
        return finishReason is null ? new { role, parts } : new { role, parts, finish_reason = finishReason };
    }
}
