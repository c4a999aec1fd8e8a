using System.Diagnostics;
using System.Diagnostics.Metrics;
using GenAiLab.Decoder.Scheduling;

namespace GenAiLab.Decoder.Engine;

/// <summary>
/// Spans and metrics of the engine: counts, times and names of models that are served; never tokens, and no
/// label that a caller could grow.
/// </summary>
internal sealed class DecoderTelemetry : IDisposable
{
    public const string Name = "GenAiLab.Decoder";
    private const string Prefill = "prefill";
    private const string Decode = "decode";
    private const string Queue = "queue";
    private const string Admitted = "admitted";
    private const string Abandoned = "left";
    private static readonly string[] Refusals = ["requests", "tokens"];
    private static readonly KeyValuePair<string, object?> InUse = new("genailab.state", "in_use");
    private static readonly KeyValuePair<string, object?> Reusable = new("genailab.state", "reusable");

    private readonly ActivitySource _source = new(Name);
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _lookedUp;
    private readonly Counter<long> _hits;
    private readonly Counter<long> _forked;
    private readonly Counter<long> _cancelled;
    private readonly Counter<long> _wasted;
    private readonly Counter<long> _invalid;
    private readonly UpDownCounter<long> _slots;
    private readonly UpDownCounter<long> _slotsInUse;
    private readonly UpDownCounter<long> _waiting;
    private readonly UpDownCounter<long> _cache;
    private readonly UpDownCounter<long> _cacheUsed;
    private readonly Histogram<double> _queue;
    private readonly Histogram<double> _prefill;
    private readonly Histogram<double> _decode;
    private readonly Histogram<int> _batch;

    public DecoderTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _tokens = meter.CreateCounter<long>("genailab.decoder.tokens", "{token}", "Tokens run through the model.");
        _refused = meter.CreateCounter<long>("genailab.decoder.refused", "{request}", "Requests refused because the waiting line was full.");
        _lookedUp = meter.CreateCounter<long>("genailab.decoder.prefix_cache.lookups", "{token}", "Prompt tokens that were looked up in the prefix cache.");
        _hits = meter.CreateCounter<long>("genailab.decoder.prefix_cache.hits", "{token}", "Prompt tokens that the prefix cache supplied.");
        _forked = meter.CreateCounter<long>("genailab.decoder.forked", "{token}", "Prompt tokens that a fork took over from its stream.");
        _cancelled = meter.CreateCounter<long>("genailab.decoder.cancelled", "{stream}", "Streams that their callers left before the end.");
        _wasted = meter.CreateCounter<long>("genailab.decoder.wasted_tokens", "{token}", "Tokens run for streams that their callers left before the end.");
        _invalid = meter.CreateCounter<long>("genailab.decoder.invalid_logits", "{run}", "Distributions that were none, such as NaN.");
        _slots = meter.CreateUpDownCounter<long>("genailab.decoder.slots", "{slot}", "KV-cache slots that there are.");
        _slotsInUse = meter.CreateUpDownCounter<long>("genailab.decoder.slots_in_use", "{slot}", "KV-cache slots that streams hold.");
        _waiting = meter.CreateUpDownCounter<long>("genailab.decoder.waiting", "{request}", "Requests waiting for a slot.");
        _cache = meter.CreateUpDownCounter<long>("genailab.decoder.kv_cache.limit", "{token}", "Tokens for which the KV cache has room.");
        _cacheUsed = meter.CreateUpDownCounter<long>("genailab.decoder.kv_cache.used", "{token}", "Tokens in the KV cache: of open streams, or reusable ones of ended streams.");
        _queue = Seconds("genailab.decoder.queue.duration", "From a stream's arrival to its slot, or to its caller's leaving.");
        _prefill = Seconds("genailab.decoder.prefill.duration", "One chunk of a prompt through the model.");
        _decode = Seconds("genailab.decoder.decode.duration", "One decode step through the model: a new token for each stream in it.");
        _batch = meter.CreateHistogram(
            "genailab.decoder.batch.size", "{stream}", "Streams in a decode step.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256, 512, 1024] });

        Histogram<double> Seconds(string name, string description) => meter.CreateHistogram(
            name, "s", description, tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });
    }

    /// <summary>An engine has begun. Its counters begin at zero here: a rate over a series that appears with its first event misses that event.</summary>
    public void Started(string model, int slots, long cacheTokens)
    {
        var name = Model(model);
        _slots.Add(slots, name);
        _slotsInUse.Add(0, name);
        _waiting.Add(0, name);
        _cache.Add(cacheTokens, name);
        _cacheUsed.Add(0, name, InUse);
        _cacheUsed.Add(0, name, Reusable);
        foreach (var counter in new[] { _lookedUp, _hits, _forked, _wasted, _invalid })
        {
            counter.Add(0, name);
        }

        foreach (var reason in Refusals)
        {
            _refused.Add(0, name, new("genailab.reason", reason));
        }

        foreach (var phase in new[] { Queue, Prefill, Decode })
        {
            _cancelled.Add(0, name, Phase(phase));
        }

        _tokens.Add(0, name, Phase(Prefill));
        _tokens.Add(0, name, Phase(Decode));
    }

    /// <summary>It has ended.</summary>
    public void Stopped(string model, int slots, long cacheTokens)
    {
        _slots.Add(-slots, Model(model));
        _cache.Add(-cacheTokens, Model(model));
    }

    /// <summary>The model was run once.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="prefill">Whether on a chunk of a prompt.</param>
    /// <param name="streams">Streams in the run.</param>
    /// <param name="tokens">Tokens of all of them.</param>
    /// <param name="elapsed">How long it took.</param>
    public void Ran(string model, bool prefill, int streams, int tokens, TimeSpan elapsed)
    {
        _tokens.Add(tokens, Model(model), Phase(prefill ? Prefill : Decode));
        (prefill ? _prefill : _decode).Record(elapsed.TotalSeconds, Model(model));
        if (!prefill)
        {
            _batch.Record(streams, Model(model));
        }
    }

    public void Refused(string model, Refusal reason) =>
        _refused.Add(1, Model(model), new("genailab.reason", Refusals[reason == Refusal.TooManyRequests ? 0 : 1]));

    /// <summary>A stream has got its slot, and what others had left of its prompt.</summary>
    public void Reused(string model, ScheduledStream stream)
    {
        if (stream.ForkOf is not null)
        {
            _forked.Add(stream.Reused, Model(model));
        }
        else if (stream.UsesPrefixCache)
        {
            _lookedUp.Add(stream.PromptLength, Model(model));
            _hits.Add(stream.Reused, Model(model));
        }
    }

    /// <summary>A call's time in the waiting line is over: its candidates come in together.</summary>
    public void Queued(string model, DecodeSession session)
    {
        _queue.Record(session.InQueue.TotalSeconds, Model(model), new("genailab.outcome", session.HasSlot ? Admitted : Abandoned));
        Span("decoder.queue", session, model, session.Arrived, session.Stream.PromptLength);
    }

    public void InvalidLogits(string model) => _invalid.Add(1, Model(model));

    /// <summary>A stream has ended. What was run for one that nobody waited for any more is waste.</summary>
    public void Ended(string model, DecodeSession session)
    {
        if (!session.HasSlot && !session.Stream.IsSibling)
        {
            Queued(model, session);
        }

        if (session.WasLeft)
        {
            var stream = session.Stream;
            _cancelled.Add(1, Model(model), Phase(!session.HasSlot ? Queue : stream.Computed < stream.PromptLength ? Prefill : Decode));
            _wasted.Add(Math.Max(0, stream.Computed - stream.Reused), Model(model));
        }
    }

    public void SlotsInUse(string model, int change) => Change(_slotsInUse, change, Model(model));

    public void Waiting(string model, int change) => Change(_waiting, change, Model(model));

    /// <summary>Tokens in the KV cache have become more or fewer.</summary>
    public void CacheUsed(string model, long inUse, long reusable)
    {
        Change(_cacheUsed, inUse, Model(model), InUse);
        Change(_cacheUsed, reusable, Model(model), Reusable);
    }

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

    private static void Change(UpDownCounter<long> counter, long change, params ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (change != 0)
        {
            counter.Add(change, labels);
        }
    }

    private static KeyValuePair<string, object?> Model(string model) => new("genailab.model", model);

    private static KeyValuePair<string, object?> Phase(string phase) => new("genailab.phase", phase);
}
