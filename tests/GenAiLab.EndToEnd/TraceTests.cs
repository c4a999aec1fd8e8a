using GenAiLab.Cli.Hosting.Telemetry;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd;

/// <summary>One client call is one trace across all the services.</summary>
public sealed class TraceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("processes", LoopMode.Step)]
    [InlineData("processes", LoopMode.Pushdown)]
    [InlineData("inproc", LoopMode.Pushdown)]
    public async Task A_generation_is_one_trace(string topology, LoopMode mode)
    {
        await using var collector = await TraceCollector.StartAsync();
        await using var lab = await LabProcess.StartAsync(topology, new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
        }, TestContext.Current.CancellationToken);
        using var channel = GrpcChannel.ForAddress(lab.Grpc("orchestrator"));
        using var call = new V1.Orchestrator.OrchestratorClient(channel).Generate(
            new GenerateRequest { Text = "The capital of France is", MaxTokens = 2, Sampling = new SamplingProgram { Temperature = 0 }, Mode = mode },
            deadline: DateTime.UtcNow + Limit, cancellationToken: TestContext.Current.CancellationToken);
        var traceId = "";
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            traceId = response.Started?.TraceId ?? traceId;
        }

        using var limit = new CancellationTokenSource(Limit);
        var spans = await collector.WaitForAsync(
            traceId,
            static spans => spans.Any(static span => span.Attributes.ContainsKey("gen_ai.operation.name"))
                && spans.Any(static span => span.Name.StartsWith("decoder.", StringComparison.Ordinal))
                && Orphans(spans) is [{ ParentId: "" }],
            limit.Token);

        // The root's parent would be the client's span; this client makes none.
        var root = Assert.Single(Orphans(spans));
        Assert.Equal("", root.ParentId);
        if (topology == "processes")
        {
            Assert.Superset(new HashSet<string> { "orchestrator", "tokenizer", "decoder" }, spans.Select(static span => span.Service).ToHashSet());
        }

        var generation = Assert.Single(spans, static span => span.Attributes.ContainsKey("gen_ai.operation.name"));
        Assert.Equal("text_completion", generation.Attributes["gen_ai.operation.name"].StringValue);
        Assert.Equal("genailab", generation.Attributes["gen_ai.provider.name"].StringValue);
        Assert.Equal("lab-base", generation.Attributes["gen_ai.response.model"].StringValue);
        Assert.Equal(6, generation.Attributes["gen_ai.usage.input_tokens"].IntValue);
        Assert.Equal(2, generation.Attributes["gen_ai.usage.output_tokens"].IntValue);
        Assert.DoesNotContain("gen_ai.input.messages", generation.Attributes.Keys);
    }

    private static List<CollectedSpan> Orphans(IReadOnlyList<CollectedSpan> spans)
    {
        var known = spans.Select(static span => span.SpanId).ToHashSet();
        return [.. spans.Where(span => !known.Contains(span.ParentId))];
    }
}
