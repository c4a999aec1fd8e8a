using System.Text;
using GenAiLab.Experiments.Calls;
using GenAiLab.V1;

namespace GenAiLab.Experiments.Experiments;

/// <summary>The lesson's own example, and whether the loop around it is the model and nothing else.</summary>
internal sealed class NextTokenExperiment : IExperiment
{
    private const string Model = "lab-base";
    private const int Alternatives = 20;
    private const double Tolerance = 1e-3;

    public string Name => "next-token";

    public string LessonSays => "An LLM predicts the next token: 'The capital of France is' → 'Paris' → fed back → '.'";

    public string Does =>
        "Asks for the next token and feeds it back; compares the log-probabilities streamed with those of one pass over the whole text, "
        + "and greedy decoding with the KV cache with running the whole sequence anew for every token.";

    public IReadOnlyList<string> Criteria =>
    [
        "P(\" Paris\") at least 0.9, then P(\".\") at least 0.5",
        $"streamed and forced log-probabilities differ by at most {Tolerance} nats",
        "every greedy token is equal with and without the cache: share 1",
    ];

    public async Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation)
    {
        await context.Lab.RequireAsync(Model, cancellation);
        var (prompts, tokens) = context.Quick ? (5, 20) : (20, 50);
        var texts = HeldOutText.Prompts(context, prompts, words: 5);
        var (paris, stop) = await LessonAsync(context.Lab, cancellation);
        var drift = await Concurrently.SelectAsync(texts, (text, cancelled) => DriftAsync(context, text, tokens, cancelled), cancellation);
        var equal = await Concurrently.SelectAsync(texts, (text, cancelled) => EqualAsync(context.Lab, text, tokens, cancelled), cancellation);
        var scored = drift.Sum(static answer => answer.Tokens);
        return
        [
            Measurement.Exact("P(\" Paris\") after \"The capital of France is\"", paris, 1, Criterion.NotBelow(0.9)),
            Measurement.Exact("P(\".\") after \" Paris\" was fed back", stop, 1, Criterion.NotBelow(0.5)),
            Measurement.Exact(
                "|Σ streamed − Σ forced| log-probability, nats a token, of the worst answer", drift.Max(static answer => answer.Sum), scored, Criterion.NotAbove(Tolerance)),
            Measurement.Exact("the same of the worst single token, nats", drift.Max(static answer => answer.Worst), scored, Criterion.NotAbove(Tolerance)),
            Measurement.Exact(
                $"share of greedy tokens equal with and without cache ({equal.Sum()} of {texts.Length * tokens})",
                (double)equal.Sum() / (texts.Length * tokens), texts.Length * tokens, Criterion.NotBelow(1)),
        ];
    }

    private static async Task<(double Paris, double Stop)> LessonAsync(IExperimentLab lab, CancellationToken cancellation)
    {
        var request = new GenerateRequest
        {
            Model = Model,
            Text = "The capital of France is",
            MaxTokens = 1,
            Alternatives = Alternatives,
            Sampling = new SamplingProgram { Temperature = 0 },
        };
        var first = await lab.GenerateAsync(request, cancellation);
        var (paris, id) = Probability(first, " Paris");
        if (id is not { } chosen)
        {
            return (0, 0);
        }

        var fedBack = new TokenIds { Ids = { first.Prompt.Append(chosen) } };
        var second = await lab.GenerateAsync(new GenerateRequest(request) { Tokens = fedBack }, cancellation);
        return (paris, Probability(second, ".").Value);
    }

    private static (double Value, int? Id) Probability(Generation answer, string piece) =>
        answer.Tokens[0].Alternatives.FirstOrDefault(alternative => alternative.Piece.Span.SequenceEqual(Encoding.UTF8.GetBytes(piece))) is { } found
            ? (found.Probability, found.TokenId) : (0, null);

    private static async Task<(double Sum, double Worst, long Tokens)> DriftAsync(ExperimentContext context, string text, int tokens, CancellationToken cancellation)
    {
        var streamed = await context.Lab.SampleAsync(Model, text, tokens, (ulong)context.Seed, cancellation);
        var forced = await context.Lab.ScoreAsync(Model, [.. streamed.Prompt, .. streamed.Ids], 0, cancellation);
        double[] differences = [.. streamed.Tokens.Zip(forced.Skip(streamed.Prompt.Length - 1), static (token, score) => (double)token.RawLogProbability - score.RawLogProbability)];
        return (Math.Abs(differences.Sum()) / differences.Length, differences.Max(Math.Abs), differences.Length);
    }

    // By induction the two decodings agree exactly when each token, recomputed from scratch after those before it, agrees.
    private static async Task<int> EqualAsync(IExperimentLab lab, string text, int tokens, CancellationToken cancellation)
    {
        var prompt = await lab.EncodeAsync(Model, text, special: true, cancellation);
        var cached = await GreedyAsync(lab, prompt, tokens, cancellation);
        var equal = 0;
        for (var at = 0; at < cached.Count; at++)
        {
            var anew = await GreedyAsync(lab, [.. prompt, .. cached.Take(at)], 1, cancellation);
            equal += anew[0] == cached[at] ? 1 : 0;
        }

        return equal;
    }

    private static async Task<List<int>> GreedyAsync(IExperimentLab lab, int[] prompt, int tokens, CancellationToken cancellation)
    {
        var request = new GenerateTokensRequest
        {
            Model = Model,
            Prompt = new TokenIds { Ids = { prompt } },
            MaxTokens = tokens,
            Sampling = new SamplingProgram { Temperature = 0 },
            IgnoreEndOfSequence = true,
            Admission = new Admission { BypassPrefixCache = true },
        };
        return [.. (await lab.GenerateTokensAsync(request, cancellation)).Where(static response => response.Token is not null).Select(static response => response.Token.TokenId)];
    }
}
