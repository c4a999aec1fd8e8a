using GenAiLab.Cli.Hosting.Telemetry;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd;

/// <summary>One client call is one trace across all the services, in every topology and loop mode.</summary>
public sealed class TraceTests
{
    private const string Root = "genailab.v1.Orchestrator/Generate";
    private const string Generation = "text_completion lab-base";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public Task Between_processes_a_call_has_a_span_on_each_side_and_one_for_its_HTTP_request() => CheckAsync(
        "processes",
        static decoderCall =>
        [
            [$"orchestrator: {Root}"],
            [$"orchestrator: {Root}", $"orchestrator: {Generation}"],
            .. Call("genailab.v1.Tokenizer/Encode", "tokenizer", "tokenizer.encode"),
            .. Call($"genailab.v1.Decoder/{decoderCall}", "decoder", "decoder.queue", "decoder.prefill", "decoder.decode"),
        ]);

    [Fact]
    public Task In_one_process_a_call_has_one_span() => CheckAsync(
        "inproc",
        static decoderCall =>
        [
            [$"genailab: {Root}"],
            [$"genailab: {Root}", $"genailab: {Generation}"],
            .. DirectCall("genailab.v1.Tokenizer/Encode", "tokenizer.encode"),
            .. DirectCall($"genailab.v1.Decoder/{decoderCall}", "decoder.queue", "decoder.prefill", "decoder.decode"),
        ]);

    private static IEnumerable<string[]> Call(string method, string service, params string[] inside)
    {
        string[] path = [$"orchestrator: {Root}", $"orchestrator: {Generation}", $"orchestrator: {method}", "orchestrator: POST", $"{service}: {method}"];
        return [path[..3], path[..4], path, .. inside.Select(span => path.Append($"{service}: {span}").ToArray())];
    }

    private static IEnumerable<string[]> DirectCall(string method, params string[] inside)
    {
        string[] path = [$"genailab: {Root}", $"genailab: {Generation}", $"genailab: {method}"];
        return [path, .. inside.Select(span => path.Append($"genailab: {span}").ToArray())];
    }

    /// <param name="topology">How the lab is hosted.</param>
    /// <param name="expected">For a method of the decoder: each span by its service and name, behind those of its parents.</param>
    private static async Task CheckAsync(string topology, Func<string, IEnumerable<string[]>> expected)
    {
        await using var collector = await TraceCollector.StartAsync();
        await using var lab = await LabProcess.StartAsync(topology, new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
        }, TestContext.Current.CancellationToken);
        using var channel = GrpcChannel.ForAddress(lab.Grpc("orchestrator"));
        foreach (var (mode, method) in new[] { (LoopMode.Step, "Step"), (LoopMode.Pushdown, "GenerateTokens") })
        {
            var traceId = await GenerateAsync(channel, mode);
            var wanted = expected(method).Select(static path => string.Join(" > ", path)).Order(StringComparer.Ordinal).ToList();
            using var limit = new CancellationTokenSource(Limit);
            var spans = await collector.WaitForAsync(traceId, spans => Orphans(spans) is [{ ParentId: "" }] && wanted.All(Paths(spans).Contains), limit.Token);

            // The root's parent would be the client's span; this client makes none.
            Assert.Equal("", Assert.Single(Orphans(spans)).ParentId);
            // What is remembered between calls, the models and the vocabulary, is fetched by some and not by others.
            var paths = Paths(spans).Where(static path => !path.Contains("ListDecoders") && !path.Contains("ListPieces"));
            Assert.Equal(wanted, paths.Order(StringComparer.Ordinal));
            CheckAttributes(spans);
        }
    }

    private static void CheckAttributes(IReadOnlyList<CollectedSpan> spans)
    {
        var generation = Assert.Single(spans, static span => span.Name == Generation).Attributes;
        Assert.Equal("text_completion", generation["gen_ai.operation.name"].StringValue);
        Assert.Equal("genailab", generation["gen_ai.provider.name"].StringValue);
        Assert.Equal("lab-base", generation["gen_ai.request.model"].StringValue);
        Assert.Equal("lab-base", generation["gen_ai.response.model"].StringValue);
        Assert.Equal(6, generation["gen_ai.usage.input_tokens"].IntValue);
        Assert.Equal(2, generation["gen_ai.usage.output_tokens"].IntValue);
        Assert.Equal(2, generation["gen_ai.request.max_tokens"].IntValue);
        Assert.Equal(0, generation["gen_ai.request.temperature"].DoubleValue);
        Assert.Equal(0.5, generation["gen_ai.request.top_p"].DoubleValue);
        Assert.Equal(4, generation["gen_ai.request.top_k"].DoubleValue);
        Assert.Equal(7, generation["gen_ai.request.seed"].IntValue);
        Assert.Equal("length", Assert.Single(generation["gen_ai.response.finish_reasons"].ArrayValue.Values).StringValue);
        Assert.DoesNotContain("gen_ai.input.messages", generation.Keys);
        Assert.DoesNotContain("gen_ai.output.messages", generation.Keys);
        Assert.All(spans.Where(static span => span.Name.StartsWith("genailab.v1.", StringComparison.Ordinal)), static span =>
        {
            Assert.Equal("grpc", span.Attributes["rpc.system.name"].StringValue);
            Assert.Equal(span.Name, span.Attributes["rpc.method"].StringValue);
            Assert.Equal("OK", span.Attributes["rpc.response.status_code"].StringValue);
        });
    }

    private static async Task<string> GenerateAsync(GrpcChannel channel, LoopMode mode)
    {
        var sampling = new SamplingProgram { Temperature = 0, TopP = 0.5f, TopK = 4, Seed = 7 };
        using var call = new V1.Orchestrator.OrchestratorClient(channel).Generate(
            new GenerateRequest { Text = "The capital of France is", Model = "lab-base", MaxTokens = 2, Sampling = sampling, Mode = mode },
            deadline: DateTime.UtcNow + Limit, cancellationToken: TestContext.Current.CancellationToken);
        var traceId = "";
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            traceId = response.Started?.TraceId ?? traceId;
        }

        return traceId;
    }

    private static List<CollectedSpan> Orphans(IReadOnlyList<CollectedSpan> spans)
    {
        var known = spans.Select(static span => span.SpanId).ToHashSet();
        return [.. spans.Where(span => !known.Contains(span.ParentId))];
    }

    private static List<string> Paths(IReadOnlyList<CollectedSpan> spans)
    {
        var known = spans.ToDictionary(static span => span.SpanId);
        return [.. spans.Select(PathOf)];

        string PathOf(CollectedSpan span)
        {
            var name = $"{span.Service}: {span.Name}";
            return known.TryGetValue(span.ParentId, out var parent) ? $"{PathOf(parent)} > {name}" : name;
        }
    }
}
