using System.Diagnostics;
using System.Diagnostics.Metrics;
using GenAiLab.Decoder.Scheduling;

namespace GenAiLab.Decoder.Engine;

/// <summary>Spans and metrics of the engine.</summary>
internal sealed class DecoderTelemetry : IDisposable
{
    public const string Name = "GenAiLab.Decoder";

    private readonly ActivitySource _source = new(Name);
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _reused;
    private readonly Counter<long> _wasted;
    private readonly Counter<long> _invalid;
    private readonly UpDownCounter<int> _slots;
    private readonly UpDownCounter<int> _waiting;
    private readonly Histogram<double> _prefill;
    private readonly Histogram<double> _decode;

    public DecoderTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _tokens = meter.CreateCounter<long>("genailab.decoder.tokens", "{token}", "Tokens run through the model");
        _refused = meter.CreateCounter<long>("genailab.decoder.refused", "{request}", "Requests refused because the waiting line was full");
        _reused = meter.CreateCounter<long>("genailab.decoder.reused_tokens", "{token}", "Prompt tokens that the prefix cache or a fork supplied");
        _wasted = meter.CreateCounter<long>("genailab.decoder.wasted_tokens", "{token}", "Tokens run for callers who left before the end");
        _invalid = meter.CreateCounter<long>("genailab.decoder.invalid_logits", "{run}", "Distributions that were none, such as NaN");
        _slots = meter.CreateUpDownCounter<int>("genailab.decoder.slots_in_use", "{slot}", "KV-cache slots in use");
        _waiting = meter.CreateUpDownCounter<int>("genailab.decoder.waiting", "{request}", "Requests waiting for a slot");
        _prefill = meter.CreateHistogram<double>("genailab.decoder.prefill.duration", "s", "One chunk of a prompt through the model");
        _decode = meter.CreateHistogram<double>("genailab.decoder.decode.duration", "s", "One new token through the model");
    }

    public void Ran(string model, bool prefill, int tokens, TimeSpan elapsed)
    {
        var name = new KeyValuePair<string, object?>("model", model);
        _tokens.Add(tokens, name, new("phase", prefill ? "prefill" : "decode"));
        (prefill ? _prefill : _decode).Record(elapsed.TotalSeconds, name);
    }

    public void Refused(string model, Refusal reason) =>
        _refused.Add(1, new KeyValuePair<string, object?>("model", model), new("reason", reason == Refusal.TooManyRequests ? "requests" : "tokens"));

    public void Admitted(string model, int reused) => _reused.Add(reused, new KeyValuePair<string, object?>("model", model));

    public void InvalidLogits(string model) => _invalid.Add(1, new KeyValuePair<string, object?>("model", model));

    /// <summary>A stream has ended. What was run for one that nobody waited for any more is waste.</summary>
    public void Ended(string model, DecodeSession session)
    {
        if (!session.Finished && session is not StepSession && session.Stream.Computed > session.Stream.Reused)
        {
            _wasted.Add(session.Stream.Computed - session.Stream.Reused, new KeyValuePair<string, object?>("model", model));
        }
    }

    public void SlotsInUse(string model, int change) => _slots.Add(change, new KeyValuePair<string, object?>("model", model));

    public void Waiting(string model, int change) => _waiting.Add(change, new KeyValuePair<string, object?>("model", model));

    /// <summary>
    /// Records a span that has just ended. Turns of many streams interleave on one loop, so spans are
    /// made after the fact and never become the loop's current activity.
    /// </summary>
    public void Span(string name, DecodeSession session, string model, DateTimeOffset started, int tokens)
    {
        using var activity = _source.StartActivity(
            name, ActivityKind.Internal, session.Parent,
            [new("genailab.model", model), new("genailab.tokens", tokens)], startTime: started);
    }

    public void Dispose() => _source.Dispose();
}
