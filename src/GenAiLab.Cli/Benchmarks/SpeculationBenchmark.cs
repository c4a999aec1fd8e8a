using System.Diagnostics;
using System.Globalization;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>One way to have the same texts.</summary>
/// <param name="Name">Who guesses.</param>
/// <param name="Rates">Tokens per second, a value for each round.</param>
/// <param name="Drafted">Tokens guessed, of all rounds.</param>
/// <param name="Accepted">How many of them were right.</param>
/// <param name="Tokens">Tokens generated, of all rounds.</param>
/// <param name="Speedup">Of the median rate, over step mode without guesses.</param>
/// <param name="Same">Texts that are those of step mode without guesses, token by token.</param>
/// <param name="Texts">Of how many.</param>
internal sealed record SpeculationRow(
    string Name, IReadOnlyList<double> Rates, int Drafted, int Accepted, int Tokens, double Speedup, int Same, int Texts)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-26} {Statistics.Median(Rates),8:0} tokens/s {Speedup,6:0.00}x {(Drafted == 0 ? 0 : (double)Accepted / Drafted),7:P0} kept {(double)Tokens / (Tokens - Accepted),6:0.00} tokens/step {Same,4} of {Texts} texts the same");
}

/// <summary>
/// What guessing is worth: the same texts generated plainly, with n-gram lookup and with a draft model, in turn in
/// every round. The clock runs from the request to its end: a reader that
/// is late for the first token would make the rest look fast.
/// </summary>
internal static class SpeculationBenchmark
{
    private const string Reference = "step";

    public static async Task<IReadOnlyList<SpeculationRow>> RunAsync(
        V1.Orchestrator.OrchestratorClient orchestrator, string model, string? draft, IReadOnlyList<string> prompts, float temperature, int tokens, int rounds,
        CancellationToken cancellation)
    {
        List<(string Name, Action<GenerateRequest> Set)> ways =
        [
            ("pushdown", static _ => { }),
            (Reference, static request => request.Mode = LoopMode.Step),
            ("n-gram, 8 guesses", static request => request.Speculation = new Speculation { Ngram = new NgramLookup() }),
        ];
        if (draft is not null)
        {
            ways.Add(($"{draft}, 4 guesses", request => request.Speculation = new Speculation { Draft = new DraftModel { Model = draft } }));
        }

        var taken = ways.Select(static _ => new List<Taken>()).ToArray();
        // The first round warms up.
        for (var round = -1; round < rounds; round++)
        {
            for (var way = 0; way < ways.Count; way++)
            {
                List<Taken> texts = [];
                for (var at = 0; at < prompts.Count; at++)
                {
                    var request = new GenerateRequest
                    {
                        Model = model,
                        Text = prompts[at],
                        MaxTokens = tokens,
                        // Other texts in every round, the same for all ways.
                        Sampling = new SamplingProgram { Temperature = temperature, Seed = (ulong)(((round + 1) * prompts.Count) + at) },
                    };
                    ways[way].Set(request);
                    texts.Add(await GenerateAsync(orchestrator, request, cancellation));
                }

                if (round >= 0)
                {
                    taken[way].Add(Taken.Sum(texts));
                }
            }
        }

        var reference = taken[ways.FindIndex(static way => way.Name == Reference)];
        var plain = Statistics.Median(reference.Select(static round => round.Rate));
        return [.. ways.Select((way, at) => new SpeculationRow(
            way.Name, [.. taken[at].Select(static round => round.Rate)], taken[at].Sum(static round => round.Drafted), taken[at].Sum(static round => round.Accepted),
            taken[at].Sum(static round => round.Tokens), Statistics.Median(taken[at].Select(static round => round.Rate)) / plain,
            taken[at].Zip(reference).Sum(static round => round.First.Ids.Zip(round.Second.Ids).Count(static text => text.First.SequenceEqual(text.Second))),
            prompts.Count * rounds))];
    }

    private static async Task<Taken> GenerateAsync(V1.Orchestrator.OrchestratorClient orchestrator, GenerateRequest request, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var call = orchestrator.Generate(request, cancellationToken: cancellation);
        List<int> ids = [];
        var finished = new GenerationFinished();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            switch (call.ResponseStream.Current)
            {
                case { Token: { } token }:
                    ids.Add(token.TokenId);
                    break;
                case { Finished: { } end }:
                    finished = end;
                    break;
            }
        }

        return new Taken([ids], ids.Count, Stopwatch.GetElapsedTime(started).TotalSeconds, finished.DraftedTokens, finished.AcceptedTokens);
    }

    private sealed record Taken(IReadOnlyList<IReadOnlyList<int>> Ids, int Tokens, double Seconds, int Drafted, int Accepted)
    {
        public double Rate => Tokens / Seconds;

        public static Taken Sum(IReadOnlyList<Taken> texts) => new(
            [.. texts.SelectMany(static text => text.Ids)], texts.Sum(static text => text.Tokens), texts.Sum(static text => text.Seconds),
            texts.Sum(static text => text.Drafted), texts.Sum(static text => text.Accepted));
    }
}
