using System.Diagnostics;
using System.Diagnostics.Metrics;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Telemetry;

/// <summary>
/// The histograms of the OpenTelemetry GenAI conventions, and what became of the generations. Models are
/// tagged by the names that are served, never by what a caller asked for, so that callers cannot grow the
/// series.
/// </summary>
internal sealed class GenerationMeter
{
    // The convention's lowest boundary is 0.01; the lab's models take well under a millisecond a token.
    private static readonly InstrumentAdvice<double> PerToken = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
    };

    private readonly Histogram<double> _operationDuration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _timePerOutputToken;
    private readonly Histogram<double> _timePerOutputChunk;
    private readonly Histogram<long> _tokenUsage;
    private readonly Counter<long> _generations;
    private readonly Counter<long> _wasted;
    private readonly Counter<long> _drafted;
    private readonly Counter<long> _accepted;

    public GenerationMeter(IMeterFactory factory)
    {
        var meter = factory.Create("GenAiLab.Orchestrator");
        _operationDuration = meter.CreateHistogram(
            "gen_ai.client.operation.duration", "s", "GenAI operation duration.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });
        _timeToFirstToken = meter.CreateHistogram(
            "gen_ai.server.time_to_first_token", "s", "Time to generate first token for successful responses.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });
        _timePerOutputToken = meter.CreateHistogram(
            "gen_ai.server.time_per_output_token", "s", "Time per output token generated after the first token for successful responses.", tags: null, PerToken);
        _timePerOutputChunk = meter.CreateHistogram(
            "gen_ai.client.operation.time_per_output_chunk", "s", "From one token to the next, each by itself.", tags: null, PerToken);
        _tokenUsage = meter.CreateHistogram(
            "gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", tags: null,
            new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864] });
        _generations = meter.CreateCounter<long>("genailab.orchestrator.generations", "{generation}", "Generations that have ended, by reason.");
        _wasted = meter.CreateCounter<long>("genailab.orchestrator.wasted_tokens", "{token}", "Tokens generated for callers who left before the end, or whose deadline passed.");
        _drafted = meter.CreateCounter<long>("genailab.speculation.drafted_tokens", "{token}", "Tokens guessed.");
        _accepted = meter.CreateCounter<long>("genailab.speculation.accepted_tokens", "{token}", "Tokens guessed rightly.");
    }

    /// <summary>A generation has ended, well or with an error type.</summary>
    public void RecordOperation(string operation, TimeSpan duration, string? model, string? errorType)
    {
        var tags = Tags(operation, model);
        if (errorType is not null)
        {
            tags.Add("error.type", errorType);
        }

        _operationDuration.Record(duration.TotalSeconds, tags);
    }

    /// <summary>A generation has succeeded with at least one token.</summary>
    public void RecordTokens(string operation, string model, TimeSpan timeToFirstToken, TimeSpan afterFirstToken, int tokens)
    {
        var tags = Tags(operation, model);
        _timeToFirstToken.Record(timeToFirstToken.TotalSeconds, tags);
        if (tokens > 1)
        {
            _timePerOutputToken.Record(afterFirstToken.TotalSeconds / (tokens - 1), tags);
        }
    }

    /// <summary>A token has come after another.</summary>
    public void RecordGap(string operation, string model, TimeSpan sinceLastToken) =>
        _timePerOutputChunk.Record(sinceLastToken.TotalSeconds, Tags(operation, model));

    /// <summary>A generation that had begun has ended, and this is why.</summary>
    /// <param name="operation">chat or text_completion.</param>
    /// <param name="model">A model that is served.</param>
    /// <param name="reason">Why; CANCELLED and DEADLINE where its caller did not see the end.</param>
    /// <param name="inputTokens">Tokens of the prompt.</param>
    /// <param name="outputTokens">Tokens generated.</param>
    public void RecordEnd(string operation, string model, FinishReason reason, int inputTokens, int outputTokens)
    {
        Use("input", inputTokens);
        Use("output", outputTokens);
        var name = new KeyValuePair<string, object?>("genailab.model", model);
        _generations.Add(1, name, new("genailab.finish_reason", Name(reason)));
        // Nothing at first: the series is there before there is any waste.
        _wasted.Add(reason is FinishReason.Cancelled or FinishReason.Deadline ? outputTokens : 0, name);

        void Use(string type, int tokens)
        {
            var tags = Tags(operation, model);
            tags.Add("gen_ai.token.type", type);
            _tokenUsage.Record(tokens, tags);
        }
    }

    /// <summary>A generation with speculation has ended.</summary>
    /// <param name="method">Who guessed: ngram or draft.</param>
    /// <param name="model">A model that is served.</param>
    /// <param name="drafted">Tokens guessed.</param>
    /// <param name="accepted">How many of them were right.</param>
    public void RecordGuesses(string method, string model, int drafted, int accepted)
    {
        var tags = new TagList { { "genailab.model", model }, { "genailab.speculation.method", method } };
        _drafted.Add(drafted, tags);
        _accepted.Add(accepted, tags);
    }

    // Exhaustive over an enumeration: a number from elsewhere must not become a series.
    private static string Name(FinishReason reason) => reason switch
    {
        FinishReason.EndOfSequence => "end_of_sequence",
        FinishReason.MaxTokens => "max_tokens",
        FinishReason.StopSequence => "stop_sequence",
        FinishReason.ContextFull => "context_full",
        FinishReason.Cancelled => "cancelled",
        FinishReason.Deadline => "deadline",
        FinishReason.Guard => "guard",
        _ => "error",
    };

    private static TagList Tags(string operation, string? model)
    {
        var tags = new TagList { { "gen_ai.operation.name", operation }, { "gen_ai.provider.name", "genailab" } };
        if (model is not null)
        {
            tags.Add("gen_ai.request.model", model);
            tags.Add("gen_ai.response.model", model);
        }

        return tags;
    }
}
