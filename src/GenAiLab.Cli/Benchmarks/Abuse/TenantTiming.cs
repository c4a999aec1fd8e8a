using System.Diagnostics;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks.Abuse;

/// <summary>What one caller can tell of another's prompts by how long its own take.</summary>
/// <param name="Known">Median seconds to the first token of a prompt that the other has sent before.</param>
/// <param name="Fresh">The same of one that nobody has sent.</param>
/// <param name="Told">How often, of a pair of one each, the one that was sent before answers first: 0.5 by chance, 1 where time tells.</param>
internal sealed record TimingFigures(double Known, double Fresh, double Told);

/// <summary>A caller that guesses by time whether a prompt is in the prefix cache, in the tenant of who sent it and in one of its own.</summary>
/// <param name="decoder">The decoder that both call.</param>
/// <param name="model">Its model.</param>
/// <param name="vocabulary">Tokens that the model knows.</param>
/// <param name="length">Tokens of a prompt.</param>
/// <param name="prompts">Prompts of each kind.</param>
internal sealed class TenantTiming(V1.Decoder.DecoderClient decoder, string model, int vocabulary, int length, int prompts)
{
    private const string Victim = "victim";
    private int _next;

    /// <summary>Measures as a caller of <paramref name="tenant"/>; the other is called "victim".</summary>
    public async Task<TimingFigures> RunAsync(string tenant, CancellationToken cancellation)
    {
        List<double> known = [], fresh = [];
        for (var at = 0; at < prompts; at++)
        {
            var (sent, unsent) = (Prompt(), Prompt());
            await FirstTokenAsync(sent, Victim, cancellation);
            // Taking turns who is first, so that neither profits from what the other has warmed.
            if (at % 2 == 0)
            {
                known.Add(await FirstTokenAsync(sent, tenant, cancellation));
            }

            fresh.Add(await FirstTokenAsync(unsent, tenant, cancellation));
            if (at % 2 == 1)
            {
                known.Add(await FirstTokenAsync(sent, tenant, cancellation));
            }
        }

        var pairs = from one in known from other in fresh select one < other ? 1.0 : one > other ? 0 : 0.5;
        return new TimingFigures(Statistics.Median(known), Statistics.Median(fresh), pairs.Average());
    }

    private int[] Prompt()
    {
        var random = new Random(_next++);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(1, vocabulary))];
    }

    private async Task<double> FirstTokenAsync(int[] prompt, string tenant, CancellationToken cancellation)
    {
        var request = new GenerateTokensRequest
        {
            Model = model,
            Prompt = new TokenIds { Ids = { prompt } },
            MaxTokens = 1,
            Sampling = new SamplingProgram { Temperature = 0 },
            Admission = new Admission { Tenant = tenant },
        };
        var began = Stopwatch.GetTimestamp();
        using var call = decoder.GenerateTokens(request, cancellationToken: cancellation);
        await call.ResponseStream.MoveNext(cancellation);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            // To its end: the slot is parked, with what was computed, when the stream is over.
        }

        return seconds;
    }
}
