using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Experiments;

/// <summary>Whether draws come from the distribution that is reported, and from nothing else.</summary>
internal sealed class ProbabilisticExperiment : IExperiment
{
    private const string Model = "lab-base";
    private const string Prefix = "Once upon a time, there lived a";
    private const double LeastP = 0.001;
    private const int AnswerTokens = 16;
    private const int TokensShown = 11;

    private static readonly (float Temperature, int TopK, float TopP)[] Programs =
        [(1, 0, 1), (0.7f, 0, 1), (1.4f, 0, 1), (1, 20, 1), (1, 0, 0.8f), (0.9f, 40, 0.95f)];

    public string Name => "probabilistic";

    public string LessonSays => "An LLM is probabilistic: the next token is drawn from a distribution, so the same prompt may give different answers.";

    public string Does =>
        "Draws the next token at a fixed prefix under several sampling programs and tests the counts against the distribution computed from the "
        + "reported log-probabilities; repeats requests with one seed, at temperature 0, alone and in a full batch.";

    public IReadOnlyList<string> Criteria =>
    [
        $"p-value of the χ² test at least {LeastP} under each sampling program",
        "1 output at temperature 0, at least 2 at temperature 1",
        "the same text under the same seed, alone and in a full batch: share 1",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var decoder = await context.Lab.DescribeAsync(Model, cancellation);
        var prompt = await context.Lab.EncodeAsync(decoder.Vocabulary, Prefix, special: true, cancellation);
        var reported = await context.Lab.DistributionAsync(Model, prompt, cancellation);
        var measurements = new List<Measurement>();
        foreach (var (temperature, topK, topP) in Programs)
        {
            context.Progress?.Report(FormattableString.Invariant($"drawing at temperature {temperature}, top-k {topK}, top-p {topP}"));
            var expected = SamplingReference.Distribution(reported, temperature, topK, topP);
            var counts = await DrawAsync(context, decoder, prompt, new SamplingProgram { Temperature = temperature, TopK = topK, TopP = topP }, cancellation);
            var fit = ChiSquare.Test(counts, expected);
            context.Plots.Add(await PlotAsync(
                context.Lab, decoder.Vocabulary, FormattableString.Invariant($"temperature {temperature}, top-k {topK}, top-p {topP}"), expected, counts, cancellation));
            measurements.Add(Measurement.Exact(
                FormattableString.Invariant($"χ² p-value of draws at temperature {temperature}, top-k {topK}, top-p {topP} ({fit.DegreesOfFreedom} degrees of freedom)"),
                fit.PValue, fit.Draws, Criterion.NotBelow(LeastP)));
        }

        measurements.AddRange(await RepeatAsync(context, decoder, cancellation));
        return measurements;
    }

    private static async Task<long[]> DrawAsync(
        ExperimentContext context, DecoderDescription decoder, int[] prompt, SamplingProgram program, CancellationToken cancellation)
    {
        var draws = context.Quick ? 6_000 : 20_000;
        var candidates = Math.Min(16, decoder.Slots);
        var calls = draws / candidates;
        var results = await Concurrently.SelectAsync(
            [.. Enumerable.Range(0, calls)],
            async (call, cancelled) => await context.Lab.GenerateTokensAsync(
                new GenerateTokensRequest
                {
                    Model = Model,
                    Prompt = new TokenIds { Ids = { prompt } },
                    // Candidate c draws with seed + c: no seed comes twice.
                    Sampling = new SamplingProgram(program) { Seed = (((ulong)(uint)context.Seed) << 32) + (ulong)(call * candidates) },
                    MaxTokens = 1,
                    Candidates = candidates,
                },
                cancelled),
            cancellation);
        var counts = new long[decoder.VocabularySize];
        foreach (var response in results.SelectMany(static responses => responses).Where(static response => response.Token is not null))
        {
            counts[response.Token.TokenId]++;
        }

        return counts;
    }

    // The most probable tokens, and what is left of both.
    private static async Task<ExperimentPlot> PlotAsync(
        IExperimentLab lab, string vocabulary, string program, double[] expected, long[] counts, CancellationToken cancellation)
    {
        int[] shown = [.. Enumerable.Range(0, expected.Length).Where(id => expected[id] > 0).OrderByDescending(id => expected[id]).Take(TokensShown)];
        var draws = counts.Sum();
        var texts = await Concurrently.SelectAsync(shown, (id, cancelled) => lab.DecodeAsync(vocabulary, [id], cancelled), cancellation);
        long[] drawn = [.. shown.Select(id => counts[id]), draws - shown.Sum(id => counts[id])];
        double[] reported = [.. shown.Select(id => expected[id]), Math.Max(0, 1 - shown.Sum(id => expected[id]))];
        return new ExperimentPlot(
            $"The token after '{Prefix}': sampled frequencies on the reported distribution, {program}", "token", "probability",
            [
                new PlotSeries("reported", PlotForm.Bars, [.. reported.Select(static (value, at) => new PlotPoint(at, value))]),
                new PlotSeries("drawn", PlotForm.Points, [.. drawn.Select((count, at) => PlotPoint.Of(at, Proportions.Wilson(count, draws)))]),
            ])
        {
            Categories = [.. texts.Select(static text => $"'{text}'"), "all others"],
        };
    }

    private static async Task<IEnumerable<Measurement>> RepeatAsync(ExperimentContext context, DecoderDescription decoder, CancellationToken cancellation)
    {
        context.Progress?.Report("repeating requests");
        var (greedy, seeds) = context.Quick ? (100, 20) : (1_000, 100);
        var atZero = await Concurrently.SelectAsync(
            [.. Enumerable.Range(0, greedy)],
            async (seed, cancelled) => (await context.Lab.GenerateAsync(Request(Prefix, 0, (ulong)seed), cancelled)).Text,
            cancellation);
        ulong[] each = [.. Enumerable.Range(0, seeds).Select(static seed => (ulong)seed)];
        var first = await Concurrently.SelectAsync(each, TextAsync, cancellation);
        var second = await Concurrently.SelectAsync(each, TextAsync, cancellation);

        // As many different requests as there are slots, one after the other, then all at one time.
        var prompts = HeldOutText.Prompts(context, decoder.Slots, words: 4);
        var alone = new List<string>();
        foreach (var prompt in prompts)
        {
            alone.Add((await context.Lab.GenerateAsync(Request(prompt, 1, 7), cancellation)).Text);
        }

        var together = await Task.WhenAll(prompts.Select(async prompt => (await context.Lab.GenerateAsync(Request(prompt, 1, 7), cancellation)).Text));
        return
        [
            Measurement.Exact("different outputs at temperature 0", atZero.Distinct().Count(), greedy, Criterion.Within(1, 1)),
            Measurement.Exact("different outputs at temperature 1, one seed each", first.Distinct().Count(), seeds, Criterion.NotBelow(2)),
            Share("share of requests with the same text under the same seed", first, second),
            Share($"share of requests with the same text alone and in a batch of {prompts.Length}", alone, together),
        ];

        async Task<string> TextAsync(ulong seed, CancellationToken cancelled) => (await context.Lab.GenerateAsync(Request(Prefix, 1, seed), cancelled)).Text;
    }

    private static Measurement Share(string what, IReadOnlyList<string> first, IReadOnlyList<string> second) => Measurement.Exact(
        what, (double)first.Zip(second).Count(static pair => pair.First == pair.Second) / first.Count, first.Count, Criterion.NotBelow(1));

    private static GenerateRequest Request(string text, float temperature, ulong seed) => new()
    {
        Model = Model,
        Text = text,
        MaxTokens = AnswerTokens,
        Sampling = new SamplingProgram { Temperature = temperature, Seed = seed },
    };
}
