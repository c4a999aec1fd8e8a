using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Constraints;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>A constraint and a vocabulary.</summary>
/// <param name="Vocabulary">Its name.</param>
/// <param name="Constraint">Its name.</param>
/// <param name="Compilations">Milliseconds of each.</param>
/// <param name="Uncached">Microseconds of each mask that was computed.</param>
/// <param name="Cached">Microseconds of each mask that was there.</param>
/// <param name="Tokens">Tokens generated.</param>
internal sealed record ConstraintRow(
    string Vocabulary, string Constraint, IReadOnlyList<double> Compilations, IReadOnlyList<double> Uncached, IReadOnlyList<double> Cached, int Tokens)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Vocabulary,-16} {Constraint,-22} compile {Statistics.Median(Compilations),7:0.00} ms   mask, new {Statistics.Median(Uncached),7:0.0} µs, 95 % under {Statistics.Percentile(Uncached, 95),7:0.0} µs, kept {Statistics.Median(Cached),5:0.00} µs   {Uncached.Sum() / Tokens,7:0.0} µs/token");
}

/// <summary>Compiles constraints and walks through them by random choice among the allowed tokens: the least kind to a cache.</summary>
internal static class ConstraintBenchmark
{
    private const int Texts = 20;
    private const int TextsPerConstraint = 4;
    private const string Person = """
        {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"email":{"type":"string","format":"email"},
        "bio":{"type":"string","maxLength":500},"tags":{"type":"array","items":{"type":"string"},"maxItems":5},"kind":{"enum":["a","b","c"]},
        "address":{"type":"object","properties":{"street":{"type":"string"},"zip":{"type":"string","pattern":"^\\d{5}$"}},"required":["street"]}},
        "required":["name","age","bio"],"additionalProperties":false}
        """;

    private static readonly ConstraintLimits Limits = new() { Time = TimeSpan.FromMinutes(1) };

    private static readonly (string Name, ConstraintSource Source)[] Sources =
    [
        ("schema of a person", new ConstraintSource.JsonSchema(Person)),
        ("any JSON object", new ConstraintSource.JsonObject()),
        ("string, maxLength 500", new ConstraintSource.JsonSchema("""{"type":"string","maxLength":500}""")),
        ("string, date-time", new ConstraintSource.JsonSchema("""{"type":"string","format":"date-time"}""")),
        ("words and a number", new ConstraintSource.Regex("(?:[A-Z][a-z]+ ){3,20}\\d{4}")),
        ("500 choices", new ConstraintSource.Choices([.. Enumerable.Range(0, 500).Select(static at => $"choice number {at}")])),
    ];

    public static IEnumerable<ConstraintRow> Run(string modelFolder, int rounds, int tokens, CancellationToken cancellation)
    {
        var own = ByteLevelBpe.Load(Path.Combine(modelFolder, "tokenizer.json"));
        var cl100k = Cl100k().ToList();
        (string, ConstraintVocabulary)[] vocabularies =
        [
            ($"{Path.GetFileName(modelFolder)} {own.VocabularySize:N0}", new ConstraintVocabulary([.. Enumerable.Range(0, own.VocabularySize).Select(own.TokenBytes)], own.SpecialTokens.Values, [])),
            ("49,152 of cl100k", new ConstraintVocabulary(cl100k[..49_152], [], [49_151])),
            ("cl100k_base", new ConstraintVocabulary(cl100k, [], [cl100k.Count - 1])),
        ];
        foreach (var (vocabularyName, vocabulary) in vocabularies)
        {
            foreach (var (name, source) in Sources)
            {
                // The first time is the compiler's.
                Measure("", "", source, vocabulary, 1, tokens, cancellation);
                yield return Measure(vocabularyName, name, source, vocabulary, rounds, tokens, cancellation);
            }
        }
    }

    private static ConstraintRow Measure(
        string vocabularyName, string name, ConstraintSource source, ConstraintVocabulary vocabulary, int rounds, int tokens, CancellationToken cancellation)
    {
        var row = (Compilations: new List<double>(), Uncached: new List<double>(), Cached: new List<double>());
        var constraint = Compile();
        for (var round = 1; round < rounds; round++)
        {
            Compile();
        }

        var random = new Random(1);
        var (steps, seen) = (0, new HashSet<ConstraintState>());
        for (var text = 0; text < Texts; text++)
        {
            if (text % TextsPerConstraint == 0)
            {
                constraint = ConstraintCompiler.Compile(source, vocabulary, Limits, cancellation);
            }

            var state = constraint.Start;
            for (var token = 0; token < tokens && !state.MustEnd; token++, steps++)
            {
                cancellation.ThrowIfCancellationRequested();
                var started = Stopwatch.GetTimestamp();
                var allowed = state.Allowed(int.MaxValue);
                (seen.Add(state) ? row.Uncached : row.Cached).Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
                var ids = Enumerable.Range(0, vocabulary.Size).Where(id => (allowed.Span[id >> 3] & (1 << (id & 7))) != 0 && !vocabulary.EndOfSequenceIds.Contains(id)).ToList();
                state = state.Advance(ids[random.Next(ids.Count)]);
            }
        }

        return new ConstraintRow(vocabularyName, name, row.Compilations, row.Uncached, row.Cached, steps);

        TokenConstraint Compile()
        {
            var started = Stopwatch.GetTimestamp();
            var compiled = ConstraintCompiler.Compile(source, vocabulary, Limits, cancellation);
            row.Compilations.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return compiled;
        }
    }

    // The rank file as its data package carries it: a line with the capacity, then a piece in each.
    private static IEnumerable<ReadOnlyMemory<byte>> Cl100k()
    {
        using var compressed = Assembly.Load("Microsoft.ML.Tokenizers.Data.Cl100kBase").GetManifestResourceStream("cl100k_base.tiktoken.deflate")
            ?? throw new InvalidDataException("the package of cl100k_base holds no ranks");
        using var reader = new StreamReader(new DeflateStream(compressed, CompressionMode.Decompress), Encoding.ASCII);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            yield return Convert.FromBase64String(line);
        }
    }
}
