using System.Diagnostics;
using System.Globalization;
using GenAiLab.Benchmarks.Engine;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>One way to have the same tokens.</summary>
/// <param name="Name">What lies between the caller and the model.</param>
/// <param name="Rates">Tokens per second, a value for each round.</param>
/// <param name="BytesPerToken">Of the messages between the caller and what it calls.</param>
/// <param name="Processor">Microseconds of processor time per token, of the caller and all services, prompt and spinning threads included; the median.</param>
/// <param name="Share">Of the engine's tokens per second in process.</param>
internal sealed record DecompositionRow(string Name, IReadOnlyList<double> Rates, double BytesPerToken, double Processor, double Share)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-44} {Statistics.Median(Rates),9:0.0} tokens/s {1e6 / Statistics.Median(Rates),9:0.0} µs/token {Processor,9:0} µs of processor {BytesPerToken,9:0} bytes/token {Share,8:P1} of the engine");
}

/// <summary>
/// What decomposition costs: one greedy generation by a bare loop, by the engine in process, by the
/// decoder's service and by all services, in turn in every round.
/// </summary>
internal static class DecompositionBenchmark
{
    private const string Engine = "engine in process, pushdown";

    public static async Task<IReadOnlyList<DecompositionRow>> RunAsync(
        ReferenceModel model, string work, int threads, bool spinning, string format, int prompt, int tokens, int rounds, CancellationToken cancellation)
    {
        await using var local = new LocalGeneration(model.WriteFolder(work), threads, spinning, format);
        await using var lab = await ReferenceLab.StartAsync(
            model, work, [("Threads", $"{threads}"), ("Spinning", $"{spinning}"), ("WeightFormat", format), ("Slots", "2"), ("Deterministic", "false")], cancellation);
        (string Name, Func<Task<TimedGeneration>> Run)[] ways =
        [
            ("bare loop", () => Task.FromResult(local.Bare(prompt, tokens))),
            (Engine, () => local.EngineAsync(prompt, tokens, cancellation)),
            ("decoder over gRPC, pushdown", () => PushdownAsync(lab.Decoder, prompt, tokens, cancellation)),
            ("decoder over gRPC, a call for each token", () => UnaryAsync(lab.Decoder, prompt, tokens, cancellation)),
            ("decoder over a Unix socket, pushdown", () => PushdownAsync(lab.DecoderOverSocket, prompt, tokens, cancellation)),
            ("decoder over a Unix socket, step, 1 candidate", () => StepAsync(lab.DecoderOverSocket, prompt, tokens, DistributionForm.Top, 1, cancellation)),
            ("decoder over gRPC, step, 1 candidate", () => StepAsync(lab.Decoder, prompt, tokens, DistributionForm.Top, 1, cancellation)),
            ("decoder over gRPC, step, 64 candidates", () => StepAsync(lab.Decoder, prompt, tokens, DistributionForm.Top, 64, cancellation)),
            ("decoder over gRPC, step, all logits", () => StepAsync(lab.Decoder, prompt, tokens, DistributionForm.Full, 0, cancellation)),
            ("all services, pushdown", () => GenerateAsync(lab.Orchestrator, prompt, tokens, LoopMode.Pushdown, cancellation)),
            ("all services, step", () => GenerateAsync(lab.Orchestrator, prompt, tokens, LoopMode.Step, cancellation)),
        ];
        var taken = ways.Select(static _ => new List<(TimedGeneration Timed, double Processor)>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var before = lab.ProcessorTime();
                var timed = await ways[way].Run();
                var one = (timed, (lab.ProcessorTime() - before).TotalMicroseconds / tokens);

                // The first round warms up.
                if (round >= 0)
                {
                    taken[way].Add(one);
                }
            }
        }

        var engine = Statistics.Median(taken[1].Select(static one => one.Timed.Rate));
        return [.. ways.Select((way, at) => new DecompositionRow(
            way.Name, [.. taken[at].Select(static one => one.Timed.Rate)], taken[at].Average(static one => (double)one.Timed.Bytes / one.Timed.Tokens),
            Statistics.Median(taken[at].Select(static one => one.Processor)), Statistics.Median(taken[at].Select(static one => one.Timed.Rate)) / engine))];
    }

    // What a service without streams would do: all tokens so far go there each time, and the prefix cache spares running them again.
    private static async Task<TimedGeneration> UnaryAsync(V1.Decoder.DecoderClient decoder, int prompt, int tokens, CancellationToken cancellation)
    {
        // Another beginning each time, so that the first call finds nothing that was kept.
        var ids = new TokenIds { Ids = { Random.Shared.Next(1, 1_999), LocalGeneration.Prompt(prompt).Skip(1) } };
        var (bytes, started) = (0L, 0L);
        for (var at = 0; at < tokens; at++)
        {
            var request = new GenerateTokensRequest { Prompt = ids, Sampling = new SamplingProgram { Temperature = 0 }, MaxTokens = 1, IgnoreEndOfSequence = true };
            using var call = decoder.GenerateTokens(request, cancellationToken: cancellation);
            var received = 0;
            await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
            {
                received += response.CalculateSize();
                if (response.Token is { } token)
                {
                    ids.Ids.Add(token.TokenId);
                }
            }

            started = at == 0 ? Stopwatch.GetTimestamp() : started;
            bytes += at == 0 ? 0 : request.CalculateSize() + received;
        }

        return new TimedGeneration(tokens - 1, Stopwatch.GetElapsedTime(started).TotalSeconds, bytes);
    }

    internal static async Task<TimedGeneration> PushdownAsync(V1.Decoder.DecoderClient decoder, int prompt, int tokens, CancellationToken cancellation)
    {
        using var call = decoder.GenerateTokens(
            new GenerateTokensRequest
            {
                Prompt = new TokenIds { Ids = { LocalGeneration.Prompt(prompt) } },
                Sampling = new SamplingProgram { Temperature = 0 },
                MaxTokens = tokens,
                IgnoreEndOfSequence = true,
                Admission = new Admission { BypassPrefixCache = true },
            },
            cancellationToken: cancellation);
        return await ReadAsync(call.ResponseStream, static response => (response.CalculateSize(), response.Token is not null), cancellation);
    }

    private static async Task<TimedGeneration> GenerateAsync(
        V1.Orchestrator.OrchestratorClient orchestrator, int prompt, int tokens, LoopMode mode, CancellationToken cancellation)
    {
        using var call = orchestrator.Generate(
            new GenerateRequest
            {
                Tokens = new TokenIds { Ids = { LocalGeneration.Prompt(prompt) } },
                Sampling = new SamplingProgram { Temperature = 0 },
                MaxTokens = tokens,
                Mode = mode,
            },
            cancellationToken: cancellation);
        return await ReadAsync(
            call.ResponseStream, static response => (response.CalculateSize(), response.EventCase == GenerateResponse.EventOneofCase.Token), cancellation);
    }

    private static async Task<TimedGeneration> StepAsync(
        V1.Decoder.DecoderClient decoder, int prompt, int tokens, DistributionForm form, int top, CancellationToken cancellation)
    {
        using var call = decoder.Step(cancellationToken: cancellation);
        await call.RequestStream.WriteAsync(
            new StepRequest
            {
                Open = new StepOpen
                {
                    Prompt = new TokenIds { Ids = { LocalGeneration.Prompt(prompt) } },
                    Form = form,
                    Top = top,
                    Admission = new Admission { BypassPrefixCache = true },
                },
            },
            cancellation);
        await call.ResponseStream.MoveNext(cancellation);
        long bytes = 0;
        var started = Stopwatch.GetTimestamp();
        for (var at = 1; at < tokens; at++)
        {
            var request = new StepRequest { Append = new StepAppend { TokenIds = { Choose(call.ResponseStream.Current.Distribution) } } };
            await call.RequestStream.WriteAsync(request, cancellation);
            await call.ResponseStream.MoveNext(cancellation);
            bytes += request.CalculateSize() + call.ResponseStream.Current.CalculateSize();
        }

        return new TimedGeneration(tokens - 1, Stopwatch.GetElapsedTime(started).TotalSeconds, bytes);
    }

    private static int Choose(NextTokenDistribution distribution)
    {
        if (distribution.TokenIds.Count > 0)
        {
            return distribution.TokenIds[0];
        }

        var logits = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(distribution.AllLogits.Span);
        var best = 0;
        for (var id = 1; id < logits.Length; id++)
        {
            best = logits[id] > logits[best] ? id : best;
        }

        return best;
    }

    // From the first token to the last.
    private static async Task<TimedGeneration> ReadAsync<T>(IAsyncStreamReader<T> responses, Func<T, (int Bytes, bool IsToken)> describe, CancellationToken cancellation)
    {
        var (count, bytes, first, last) = (-1, 0L, 0L, 0L);
        while (await responses.MoveNext(cancellation))
        {
            var (size, token) = describe(responses.Current);
            if (!token)
            {
                continue;
            }

            last = Stopwatch.GetTimestamp();
            first = count++ < 0 ? last : first;
            bytes += count > 0 ? size : 0;
        }

        return new TimedGeneration(count, Stopwatch.GetElapsedTime(first, last).TotalSeconds, bytes);
    }
}
