using System.Diagnostics;
using System.Globalization;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Orchestrator;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.InProcess;
using GenAiLab.Tokenizer;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>What one token costs the orchestrator, beyond passing it on.</summary>
/// <param name="Mode">How the loop is run.</param>
/// <param name="Microseconds">Of time, the median of all rounds.</param>
/// <param name="AllocatedBytes">Of managed memory, the median of all rounds.</param>
internal sealed record OrchestratorCostRow(LoopMode Mode, double Microseconds, double AllocatedBytes)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{$"the orchestrator itself, {(Mode == LoopMode.Step ? "step" : "pushdown")}",-44} {Microseconds,34:0.0} µs/token {AllocatedBytes,9:0} managed bytes/token");
}

/// <summary>
/// The orchestrator in this process, before a decoder that answers at once: a generation through it, less the same
/// generation through the least that could stand in its place. Both go the same ways in process, without
/// serialisation and sockets; those are in the other figures.
/// </summary>
internal static class OrchestratorCost
{
    private const string Model = "reference";
    private const int Vocabulary = 512;
    private const int PromptTokens = 16;

    /// <summary>Measures both modes.</summary>
    /// <param name="tokens">Of each generation.</param>
    /// <param name="rounds">At least 1; one more warms up.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<OrchestratorCostRow>> RunAsync(int tokens, int rounds, CancellationToken cancellation)
    {
        var root = Directory.CreateTempSubdirectory("lab-");
        try
        {
            ReferenceTokenizer.Write(Directory.CreateDirectory(Path.Combine(root.FullName, Model)).FullName, Vocabulary);
            using var host = Build(root.FullName, tokens);
            await host.StartAsync(cancellation);
            await host.Services.GetRequiredKeyedService<ServiceReadiness>("orchestrator").Verdict.WaitAsync(cancellation);
            var whole = host.Services.GetRequiredService<V1.Orchestrator.OrchestratorClient>();
            var least = new V1.Orchestrator.OrchestratorClient(new InProcessCallInvoker(
                binder => V1.Orchestrator.BindService(binder, host.Services.GetRequiredService<LeastOrchestrator>()),
                host.Services.GetRequiredService<Microsoft.Extensions.Logging.ILogger<InProcessCallInvoker>>()));
            List<OrchestratorCostRow> rows = [];
            foreach (var mode in new[] { LoopMode.Pushdown, LoopMode.Step })
            {
                List<(double Seconds, long Bytes)> differences = [];
                for (var round = -1; round < rounds; round++)
                {
                    var (own, other) = (await MeasureAsync(whole, mode, tokens, cancellation), await MeasureAsync(least, mode, tokens, cancellation));
                    if (round >= 0)
                    {
                        differences.Add((own.Seconds - other.Seconds, own.Bytes - other.Bytes));
                    }
                }

                rows.Add(new OrchestratorCostRow(
                    mode, Statistics.Median(differences.Select(static one => one.Seconds)) * 1e6 / (tokens - 1),
                    Statistics.Median(differences.Select(static one => (double)one.Bytes)) / (tokens - 1)));
            }

            await host.StopAsync(cancellation);
            return rows;
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static IHost Build(string root, int tokens)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = root });
        builder.Configuration.AddInMemoryCollection([new("Models:Root", root), new("Models:Default", Model)]);
        builder.AddTelemetry("lab");
        builder.Services.AddInProcessClient<V1.Tokenizer.TokenizerClient, TokenizerGrpcService>(V1.Tokenizer.BindService);
        builder.AddTokenizer();
        builder.Services.AddSingleton(new InstantDecoder(new DecoderDescription
        {
            Name = Model,
            Vocabulary = Model,
            State = ModelState.Ready,
            ContextLength = PromptTokens + tokens + 1,
            VocabularySize = Vocabulary,
            EndOfSequenceIds = { 0 },
            Slots = 1,
        }));
        builder.Services.AddInProcessClient<V1.Decoder.DecoderClient, InstantDecoder>(V1.Decoder.BindService);
        builder.Services.AddSingleton<LeastOrchestrator>();
        builder.Services.AddInProcessClient<V1.Orchestrator.OrchestratorClient, OrchestratorGrpcService>(V1.Orchestrator.BindService);
        builder.AddOrchestrator();
        return builder.Build();
    }

    // From the first token to the last, of all threads: the loop moves from one to another.
    private static async Task<(double Seconds, long Bytes)> MeasureAsync(
        V1.Orchestrator.OrchestratorClient orchestrator, LoopMode mode, int tokens, CancellationToken cancellation)
    {
        using var call = orchestrator.Generate(
            new GenerateRequest
            {
                Tokens = new TokenIds { Ids = { Enumerable.Repeat(40, PromptTokens) } },
                Sampling = new SamplingProgram { Temperature = 0.8f, TopK = InstantDecoder.Candidates, TopP = 0.95f, Seed = 1 },
                MaxTokens = tokens,
                Mode = mode,
            },
            cancellationToken: cancellation);
        var (count, started, elapsed, before, allocated) = (0, 0L, TimeSpan.Zero, 0L, 0L);
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            if (call.ResponseStream.Current.EventCase != GenerateResponse.EventOneofCase.Token)
            {
                continue;
            }

            if (++count == 1)
            {
                (before, started) = (GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
            }
            else if (count == tokens)
            {
                (elapsed, allocated) = (Stopwatch.GetElapsedTime(started), GC.GetTotalAllocatedBytes(precise: true) - before);
            }
        }

        return count == tokens
            ? (elapsed.TotalSeconds, allocated)
            : throw new RpcException(new Status(StatusCode.Internal, $"{count} of {tokens} tokens came"));
    }
}
