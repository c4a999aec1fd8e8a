using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Training.World;

namespace GenAiLab.Experiments.Experiments;

/// <summary>What lies in the window is known, what has left it is not: a password, some text, and the password again.</summary>
internal sealed class WindowExperiment : IExperiment
{
    private const double GuessMargin = 0.05;
    private const int Answer = 8;

    public string Name => "window";

    public string LessonSays => "A model sees at most its context window; 128k tokens are about 96,000 words.";

    public string Does =>
        "Tells lab-base a password, then unrelated text of a chosen length, and has it continue 'The password of … is'. A text that is longer than the window "
        + "loses its beginning, as every client has to do.";

    public IReadOnlyList<string> Criteria =>
    [
        "a password inside the window is found in at least 0.9",
        "one beyond the window hardly more often than a guess would be",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var window = (await context.Lab.DescribeAsync(LabModels.Base, cancellation)).ContextLength;
        const int trials = 100;
        var chance = 1.0 / ToldPassword.Words;
        var measurements = new List<Measurement>();
        var (found, asked) = (0, 0);
        foreach (var distance in new[] { window / 16, window / 4, window / 2, window * 7 / 8 })
        {
            var right = await FindAsync(context, distance, window, trials, cancellation);
            measurements.Add(Proportions.Wilson(right, trials).Measures($"password found at a distance of {distance} tokens, inside the window of {window}", Criterion.Reported));
            (found, asked) = (found + right, asked + trials);
        }

        measurements.Add(Proportions.Wilson(found, asked).Measures("password found inside the window", Criterion.NotBelow(0.90)));
        var beyond = await FindAsync(context, window * 5 / 4, window, 2 * trials, cancellation);
        measurements.Add(Proportions.Wilson(beyond, 2 * trials).Measures(
            $"password found at a distance of {window * 5 / 4} tokens, beyond the window (a guess is right in {chance:0.000})", Criterion.NotAbove(chance + GuessMargin)));
        await WordsAsync(context, measurements, cancellation);
        return measurements;
    }

    private static async Task<int> FindAsync(ExperimentContext context, int distance, int window, int trials, CancellationToken cancellation)
    {
        context.Progress?.Report($"{trials} passwords at a distance of {distance} tokens");
        var random = new Random(context.Seed + distance);
        var passwords = Enumerable.Range(0, trials).Select(_ => ToldPassword.Draw(random)).ToList();
        var filler = new LabWorld(LabModels.WorldSeed).HeldOutDocuments().Where(static text => text.Contains('"')).ToArray();
        random.Shuffle(filler);
        var answers = await Concurrently.SelectAsync([.. passwords.Index()], async (item, cancelled) =>
        {
            var told = await context.Lab.EncodeAsync(LabModels.Base, item.Item.Told, special: true, cancelled);
            var between = await context.Lab.EncodeAsync(
                LabModels.Base, " " + string.Join(' ', Enumerable.Range(0, 1 + (distance / 40)).Select(at => filler[(item.Index + at) % filler.Length])), special: false, cancelled);
            var question = await context.Lab.EncodeAsync(LabModels.Base, " " + item.Item.Prompt, special: false, cancelled);
            // The distance counts from the password to where it is asked for.
            int[] ids = [.. told, .. between.Take(Math.Max(0, distance - question.Length)), .. question];
            var seen = ids.Skip(Math.Max(0, ids.Length - (window - Answer)));
            var generation = await context.Lab.GenerateAsync(
                new V1.GenerateRequest
                {
                    Model = LabModels.Base,
                    Tokens = new V1.TokenIds { Ids = { seen } },
                    MaxTokens = Answer,
                    Sampling = new V1.SamplingProgram { Temperature = 0 },
                },
                cancelled);
            return generation.Text.StartsWith($" {item.Item.Word}.", StringComparison.Ordinal);
        }, cancellation);
        return answers.Count(static right => right);
    }

    private static async Task WordsAsync(ExperimentContext context, List<Measurement> measurements, CancellationToken cancellation)
    {
        var text = string.Join(' ', new LabWorld(LabModels.WorldSeed).HeldOutDocuments().Where(static story => story.Contains('"')).Take(50));
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        foreach (var vocabulary in new[] { "cl100k_base", "o200k_base" })
        {
            var tokens = (await context.Lab.EncodeAsync(vocabulary, text, special: false, cancellation)).Length;
            measurements.Add(Measurement.Exact(
                $"words of plain stories that 128,000 tokens of {vocabulary} hold (the lesson says 96,000)", 128_000.0 * words / tokens, words, Criterion.Reported));
        }
    }
}
