using System.Diagnostics;
using System.Globalization;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Sampling;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>A sampling program and what choosing one token by it takes.</summary>
/// <param name="Name">What it does.</param>
/// <param name="Fastest">Microseconds, of all draws.</param>
/// <param name="Median">Microseconds, of all draws.</param>
internal sealed record SamplerRow(string Name, double Fastest, double Median)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name,-52} {Fastest,8:0} µs fastest {Median,8:0} µs median");
}

/// <summary>Chooses one token of normally distributed logits, again and again, by programs from plain to everything at once.</summary>
internal static class SamplerBenchmark
{
    private const double Deviation = 3;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    private static readonly SamplingOptions Penalised = new() { RepetitionPenalty = 1.1f, PresencePenalty = 0.2f, FrequencyPenalty = 0.1f };
    private static readonly DryOptions Dry = new() { Multiplier = 0.8f };

    private static readonly (string Name, SamplingOptions Options)[] Programs =
    [
        ("greedy", new() { Temperature = 0 }),
        ("greedy, penalties", Penalised with { Temperature = 0 }),
        ("top-k 40", new() { TopK = 40 }),
        ("top-k 40, penalties, DRY, top-p, min-p", Penalised with { Dry = Dry, TopK = 40, TopP = 0.95f, MinP = 0.05f }),
        ("temperature", new() { Temperature = 0.8f }),
        ("dynamic temperature", new() { TemperatureRange = 0.5f }),
        ("min-p 0.05", new() { MinP = 0.05f }),
        ("mirostat", new() { Mirostat = new MirostatOptions() }),
        ("penalties", Penalised),
        ("DRY", new() { Dry = Dry }),
        ("top-nσ 1", new() { TopNSigma = 1 }),
        ("XTC", new() { XtcProbability = 0.5f }),
        ("top-p 0.9", new() { TopP = 0.9f }),
        ("typical-p 0.9", new() { TypicalP = 0.9f }),
        ("every step, top-k 200", Penalised with
        {
            Dry = Dry, TemperatureRange = 0.2f, TopNSigma = 3, TopK = 200, TypicalP = 0.95f, TopP = 0.95f, MinP = 0.01f, XtcProbability = 0.5f,
        }),
        ("temperature 2, top-p 0.99", new() { Temperature = 2, TopP = 0.99f }),
    ];

    /// <param name="vocabulary">Logits.</param>
    /// <param name="history">Tokens so far, which penalties and DRY look at.</param>
    /// <param name="rounds">Draws by each program.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IEnumerable<SamplerRow> Run(int vocabulary, int history, int rounds, CancellationToken cancellation)
    {
        var random = new Random(1);
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(Deviation * Normal(random)))];
        int[] tokens = [.. Enumerable.Range(0, history).Select(_ => random.Next(vocabulary))];
        var samplers = Programs.Select(program => new TokenSampler(program.Options with { Seed = 1 }, vocabulary, [0], tokens, generated: history / 2)).ToArray();
        // The compiler needs a while until it knows what is worth its best.
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < WarmUp;)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var sampler in samplers)
            {
                sampler.Sample(logits, alternatives: 0);
            }
        }

        foreach (var (sampler, (name, _)) in samplers.Zip(Programs))
        {
            var times = new List<double>(rounds);
            for (var round = 0; round < rounds; round++)
            {
                cancellation.ThrowIfCancellationRequested();
                var started = Stopwatch.GetTimestamp();
                sampler.Sample(logits, alternatives: 0);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
            }

            yield return new SamplerRow(name, times.Min(), Statistics.Median(times));
        }
    }

    // Box and Muller 1958.
    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
