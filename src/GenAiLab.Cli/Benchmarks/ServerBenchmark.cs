using System.Diagnostics;
using System.Globalization;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>What a crowd of clients saw.</summary>
/// <param name="TokensPerSecond">Generated tokens of all streams over the whole time.</param>
/// <param name="FirstToken">Seconds until the first token, of each stream.</param>
/// <param name="BetweenTokens">Seconds between tokens, all of them.</param>
internal sealed record ServerRound(double TokensPerSecond, IReadOnlyList<double> FirstToken, IReadOnlyList<double> BetweenTokens)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{TokensPerSecond:0.0} tokens/s, time to first token p50 {Milliseconds(FirstToken, 50)} p99 {Milliseconds(FirstToken, 99)}, between tokens p50 {Milliseconds(BetweenTokens, 50)} p99 {Milliseconds(BetweenTokens, 99)}");

    private static string Milliseconds(IReadOnlyList<double> seconds, double percent) =>
        string.Create(CultureInfo.InvariantCulture, $"{1000 * Statistics.Percentile(seconds, percent):0} ms");
}

/// <summary>Many concurrent streams through all services.</summary>
internal static class ServerBenchmark
{
    /// <summary>The rounds of the lab and, after each, one of the peer where there is one.</summary>
    public static async Task<(IReadOnlyList<ServerRound> Own, IReadOnlyList<ServerRound> Peer)> RunAsync(
        ReferenceModel model, string work, IEnumerable<(string Key, string Value)> decoder, LlamaServer? peer, int streams, int prompt, int tokens, int rounds,
        CancellationToken cancellation)
    {
        await using var lab = await ReferenceLab.StartAsync(model, work, decoder, cancellation);
        List<ServerRound> own = [], other = [];

        // The first round warms up.
        for (var round = -1; round < rounds; round++)
        {
            var prompts = Enumerable.Range(0, streams).Select(stream => Prompt((round + 1) * streams + stream, model.Config.VocabularySize, prompt)).ToList();
            Take(own, round, await RoundAsync(prompts.Select(ids => StreamAsync(lab, ids, tokens, cancellation))));
            if (peer is not null)
            {
                Take(other, round, await RoundAsync(prompts.Select(ids => peer.StreamAsync(ids, tokens, cancellation))));
            }
        }

        return (own, other);

        static void Take(List<ServerRound> rounds, int round, ServerRound one)
        {
            if (round >= 0)
            {
                rounds.Add(one);
            }
        }
    }

    private static async Task<ServerRound> RoundAsync(IEnumerable<Task<List<double>>> streams)
    {
        var started = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(streams);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new ServerRound(all.Sum(static one => one.Count) / seconds, [.. all.Select(static one => one[0])], [.. all.SelectMany(static one => one.Skip(1))]);
    }

    // Each prompt is its own: no prefix is shared.
    private static int[] Prompt(int seed, int vocabulary, int tokens)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, tokens).Select(_ => random.Next(1, vocabulary))];
    }

    private static async Task<List<double>> StreamAsync(ReferenceLab lab, int[] prompt, int tokens, CancellationToken cancellation)
    {
        using var call = lab.Orchestrator.Generate(
            new GenerateRequest
            {
                Tokens = new TokenIds { Ids = { prompt } },
                Sampling = new SamplingProgram { Temperature = 0 },
                MaxTokens = tokens,
            },
            cancellationToken: cancellation);
        var last = Stopwatch.GetTimestamp();
        List<double> times = [];
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            if (response.EventCase == GenerateResponse.EventOneofCase.Token)
            {
                var now = Stopwatch.GetTimestamp();
                times.Add(Stopwatch.GetElapsedTime(last, now).TotalSeconds);
                last = now;
            }
        }

        return times;
    }
}
