using GenAiLab.Experiments.Calls;
using GenAiLab.Experiments.Statistics;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Experiments;

/// <summary>What the lesson says of tokens beside what vocabularies do.</summary>
internal sealed class TokensExperiment : IExperiment
{
    private const string Gpt4 = "cl100k_base";
    private const string Prose = "prose";
    private const double LessonWords = 750;
    private static readonly string[] Vocabularies = [Gpt4, "o200k_base", "lab-base"];
    private static readonly (string Text, int Tokens)[] LessonTexts = [("Hello", 1), ("unbelievable", 3), ("こんにちは", 3)];

    // Resources/tokens-NAME.txt, each written for this purpose before it was measured, and none changed since: plain
    // English of our own has some 870 words in 1,000 tokens, more than the lesson says, whether it tells or explains, and
    // so have the openings of two dozen famous books ("classics", in the public domain), some 830.
    private static readonly string[] Genres = [Prose, "classics", "story", "news", "manual", "dialogue", "code", "german", "french", "spanish", "russian", "japanese"];

    public string Name => "tokens";

    public string LessonSays => "LLMs see tokens, not words: \"Hello\" → 1, \"unbelievable\" → 3, \"こんにちは\" → 3; 1,000 tokens are about 750 words.";

    public string Does =>
        "Encodes the lesson's texts, and texts of several genres and languages, under three vocabularies; encodes and decodes random strings of any Unicode.";

    public IReadOnlyList<string> Criteria =>
    [
        $"words in 1,000 tokens of prose under {Gpt4} within 10 % of the lesson's {LessonWords}: {0.9 * LessonWords:0} to {1.1 * LessonWords:0}",
        "every random string comes back whole: share 1",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        var measurements = new List<Measurement>();
        foreach (var vocabulary in Vocabularies)
        {
            foreach (var (text, said) in LessonTexts)
            {
                var ids = await context.Lab.EncodeAsync(vocabulary, text, special: false, cancellation);
                measurements.Add(Measurement.Exact($"tokens of \"{text}\" under {vocabulary} (lesson says {said})", ids.Length, 1, Criterion.Reported));
            }
        }

        foreach (var vocabulary in Vocabularies)
        {
            foreach (var genre in Genres)
            {
                measurements.Add(await WordsAsync(context, vocabulary, genre, cancellation));
            }
        }

        foreach (var vocabulary in Vocabularies)
        {
            context.Progress?.Report($"there and back under {vocabulary}");
            measurements.Add(await RoundTripAsync(context, vocabulary, cancellation));
        }

        return measurements;
    }

    private static async Task<Measurement> WordsAsync(ExperimentContext context, string vocabulary, string genre, CancellationToken cancellation)
    {
        // A language without spaces has no words to count: its characters are counted.
        var unit = genre == "japanese" ? "characters" : "words";
        var lines = await Concurrently.SelectAsync(
            Read(genre),
            async (line, cancelled) => (
                Units: unit == "words" ? line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length : line.Trim().Length,
                Tokens: (await context.Lab.EncodeAsync(vocabulary, line, special: false, cancelled)).Length),
            cancellation);
        var figure = Bootstrap.Percentiles(lines, static drawn => 1000.0 * drawn.Sum(static line => line.Units) / drawn.Sum(static line => line.Tokens), context.Seed);
        var (said, criterion) = genre switch
        {
            Prose when vocabulary == Gpt4 => (" (lesson says 750)", Criterion.Within(0.9 * LessonWords, 1.1 * LessonWords)),
            Prose => (" (lesson says 750)", Criterion.Reported),
            _ => ("", Criterion.Reported),
        };
        return figure.Measures($"{unit} in 1,000 tokens of {genre} under {vocabulary}{said}, lines resampled", criterion);
    }

    private static async Task<Measurement> RoundTripAsync(ExperimentContext context, string vocabulary, CancellationToken cancellation)
    {
        var strings = RandomStrings.Take(context.Seed, context.Quick ? 2_000 : 100_000);
        var equal = await Concurrently.SelectAsync(
            strings,
            async (text, cancelled) =>
            {
                var ids = await context.Lab.EncodeAsync(vocabulary, text, special: false, cancelled);
                return await context.Lab.DecodeAsync(vocabulary, ids, cancelled) == text;
            },
            cancellation);
        return Measurement.Exact(
            $"share of random strings that come back under {vocabulary}", (double)equal.Count(static same => same) / equal.Length, equal.Length, Criterion.NotBelow(1));
    }

    // Lines with their ends, so that their tokens add up to those of the text.
    private static List<string> Read(string genre)
    {
        using var stream = typeof(TokensExperiment).Assembly.GetManifestResourceStream($"tokens-{genre}.txt")!;
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                lines.Add(line + "\n");
            }
        }

        return lines;
    }
}
