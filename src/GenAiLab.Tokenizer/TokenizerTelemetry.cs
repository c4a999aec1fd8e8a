using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace GenAiLab.Tokenizer;

/// <summary>Spans and counters of the Tokenizer: counts and names, never a caller's text.</summary>
internal sealed class TokenizerTelemetry : IDisposable
{
    private const string Name = "GenAiLab.Tokenizer";
    private readonly ActivitySource _source = new(Name);
    private readonly Counter<long> _encoded;
    private readonly Counter<long> _decoded;

    public TokenizerTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _encoded = meter.CreateCounter<long>("genailab.tokenizer.encoded", "{token}", "Tokens that texts were cut into.");
        _decoded = meter.CreateCounter<long>("genailab.tokenizer.decoded", "{token}", "Tokens that were joined to texts.");
    }

    public Activity? Start(string operation, string vocabulary) =>
        _source.StartActivity($"tokenizer.{operation}")?.SetTag("genailab.vocabulary", vocabulary);

    public void Encoded(Activity? activity, string vocabulary, int bytes, int tokens)
    {
        activity?.SetTag("genailab.text.bytes", bytes).SetTag("genailab.tokens", tokens);
        _encoded.Add(tokens, new KeyValuePair<string, object?>("genailab.vocabulary", vocabulary));
    }

    public void Decoded(Activity? activity, string vocabulary, int bytes, int tokens)
    {
        activity?.SetTag("genailab.text.bytes", bytes).SetTag("genailab.tokens", tokens);
        _decoded.Add(tokens, new KeyValuePair<string, object?>("genailab.vocabulary", vocabulary));
    }

    public void Dispose() => _source.Dispose();
}
