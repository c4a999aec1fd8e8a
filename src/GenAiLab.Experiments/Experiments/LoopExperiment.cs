using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Experiments;

/// <summary>What the loop runs, by its trace, and what a token costs, by its place.</summary>
internal sealed class LoopExperiment : IExperiment
{
    private const string Model = "lab-base";
    private const string Prompt = "Once upon a time";
    private const int AnswerTokens = 24;

    // A cost in proportion to the place would grow by 2 medians. Attention over the cache alone costs some 0.3 here; the rest is room for noise.
    private const double MostGrowth = 1;

    public string Name => "loop";

    public string LessonSays => "The model predicts one token, the token is fed back, and so on: a loop, one token at a time.";

    public string Does =>
        "Reads the decoder's spans in the trace of an answer of N tokens; times the token at each place of the window with the KV cache, "
        + "and without it, where the whole sequence is run for every token.";

    public IReadOnlyList<string> Criteria =>
    [
        "1 prefill, and N − 1 steps: a difference of 0",
        $"with cache a token's time grows over the window by at most {MostGrowth} of its median",
        "without cache it grows, and is longer than with it, at least 2 times",
    ];

    public bool StartsLabs => true;

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        await context.Lab.RequireAsync(Model, cancellation);
        return [.. await SpansAsync(context, cancellation), .. await LatencyAsync(context, cancellation)];
    }

    private static async Task<Measurement[]> SpansAsync(ExperimentContext context, CancellationToken cancellation)
    {
        context.Progress?.Report("reading traces");
        await using var lab = await context.Lab.StartTracedAsync(cancellation);
        var (prefills, steps) = (new List<double>(), new List<double>());
        foreach (var text in HeldOutText.Prompts(context, context.Quick ? 3 : 20, words: 4))
        {
            var answer = await lab.GreedyAsync(Model, text, AnswerTokens, cancellation);
            var spans = await lab.SpansAsync(answer.Started.TraceId, static spans => Steps(spans) > 0, cancellation);
            prefills.Add(spans.Count(static span => span.Name == "decoder.prefill"));
            steps.Add(Steps(spans) - (answer.Tokens.Count - 1));
        }

        return
        [
            Measurement.Exact("prefill spans of an answer of N tokens (the answer furthest from 1)", prefills.MaxBy(static count => Math.Abs(count - 1)), prefills.Count, Criterion.Within(1, 1)),
            Measurement.Exact("decode steps in its trace less N − 1 (the answer furthest from 0)", steps.MaxBy(Math.Abs), steps.Count, Criterion.Within(0, 0)),
        ];
    }

    private static long Steps(IReadOnlyList<TracedSpan> spans) => spans.Where(static span => span.Name == "decoder.decode").Sum(static span => span.Tokens);

    private static async Task<Measurement[]> LatencyAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var description = await context.Lab.DescribeAsync(Model, cancellation);
        var prompt = await context.Lab.EncodeAsync(description.Vocabulary, Prompt, special: true, cancellation);
        var rounds = context.Quick ? 7 : 15;
        var (with, without) = (new Dictionary<int, List<double>>(), new Dictionary<int, List<double>>());
        // Round by round, so that whatever else the machine does falls on both alike; the first one warms up.
        for (var round = 0; round <= rounds; round++)
        {
            context.Progress?.Report($"timing, round {round} of {rounds}");
            await RoundAsync(context.Lab, prompt, description.ContextLength, round == 0 ? [] : with, round == 0 ? [] : without, cancellation);
        }

        var (cached, anew) = (Medians(with), Medians(without));
        var typical = Median(cached.Select(static point => point.Y));
        var slope = RobustLine.Slope(cached);
        var window = description.ContextLength;
        var quarter = anew.Count / 4;
        var growth = Ratio(without, anew[^quarter..], anew[..quarter], without, context.Seed);
        var last = Ratio(without, anew[^quarter..], cached[^(cached.Count / 4)..], with, context.Seed);
        return
        [
            new Measurement(
                "with cache: growth of a token's time over the window, in times its median", slope.Value * window / typical,
                slope.Low * window / typical, slope.High * window / typical, slope.N, Criterion.NotAbove(MostGrowth)),
            growth.Measures("without cache: last quarter of the window against the first, times", Criterion.NotBelow(2)),
            last.Measures("last quarter: without cache against with it, times", Criterion.NotBelow(2)),
            Measurement.Exact("with cache: median time of a token, µs", typical / 1e3, cached.Count * rounds, Criterion.Reported),
        ];
    }

    private static async Task RoundAsync(
        IExperimentLab lab, int[] prompt, int window, Dictionary<int, List<double>> with, Dictionary<int, List<double>> without, CancellationToken cancellation)
    {
        var ids = prompt.ToList();
        foreach (var response in await lab.GenerateTokensAsync(Request(ids, 0), cancellation))
        {
            if (response.Token is { } token)
            {
                // The first token's time is the prompt's.
                if (ids.Count > prompt.Length)
                {
                    Add(with, ids.Count, response.Timing);
                }

                ids.Add(token.TokenId);
            }
        }

        for (var length = window / 16; length < window; length += window / 16)
        {
            Add(without, length, (await lab.GenerateTokensAsync(Request(ids[..length], 1), cancellation))[0].Timing);
        }
    }

    private static GenerateTokensRequest Request(IEnumerable<int> ids, int maxTokens) => new()
    {
        Model = Model,
        Prompt = new TokenIds { Ids = { ids } },
        MaxTokens = maxTokens,
        Sampling = new SamplingProgram { Temperature = 0 },
        IgnoreEndOfSequence = true,
        Admission = new Admission { BypassPrefixCache = true },
    };

    private static void Add(Dictionary<int, List<double>> times, int length, DecoderTiming timing)
    {
        if (!times.TryGetValue(length, out var list))
        {
            times[length] = list = [];
        }

        list.Add(timing.PrefillNanoseconds + timing.DecodeNanoseconds);
    }

    private static List<(double X, double Y)> Medians(Dictionary<int, List<double>> times) =>
        [.. times.OrderBy(static pair => pair.Key).Select(static pair => ((double)pair.Key, Median(pair.Value)))];

    // The ratio of two medians over places; a round is a unit of the bootstrap, because its times share the machine's mood.
    private static Interval Ratio(
        Dictionary<int, List<double>> above, IReadOnlyList<(double X, double Y)> aboveAt, IReadOnlyList<(double X, double Y)> belowAt,
        Dictionary<int, List<double>> below, int seed)
    {
        int[] rounds = [.. Enumerable.Range(0, above.Values.Min(static list => list.Count))];
        return Bootstrap.Percentiles(
            rounds,
            drawn => Median(aboveAt.SelectMany(point => drawn.Select(round => above[(int)point.X][round])))
                / Median(belowAt.SelectMany(point => drawn.Select(round => below[(int)point.X][round]))),
            seed,
            resamples: 500);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return Bootstrap.Quantile(sorted, 0.5);
    }
}
