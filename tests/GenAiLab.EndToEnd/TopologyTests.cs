using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;

namespace GenAiLab.EndToEnd;

/// <summary>A lab per topology, shared by the tests of this file.</summary>
public abstract class TopologyFixture(string topology) : IAsyncLifetime
{
    public string Topology => topology;

    public LabProcess Lab { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Lab = await LabProcess.StartAsync(topology);

    public async ValueTask DisposeAsync() => await Lab.DisposeAsync();
}

public sealed class ProcessesFixture() : TopologyFixture("processes");

public sealed class InProcessFixture() : TopologyFixture("inproc");

public sealed class ProcessTopologyTests(ProcessesFixture fixture) : TopologyTests(fixture), IClassFixture<ProcessesFixture>;

public sealed class InProcessTopologyTests(InProcessFixture fixture) : TopologyTests(fixture), IClassFixture<InProcessFixture>;

/// <summary>What must hold over real sockets in every topology.</summary>
public abstract class TopologyTests(TopologyFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private LabProcess Up => fixture.Lab;

    private static CallOptions Options => new(deadline: DateTime.UtcNow + Limit, cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task Every_service_is_serving_and_describes_itself()
    {
        foreach (var service in new[] { "Orchestrator", "Tokenizer", "Classifier", "Decoder", "Preferences" })
        {
            using var channel = GrpcChannel.ForAddress(Up.Grpc(service.ToLowerInvariant()));
            var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), Options);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);

            using var reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(Options);
            await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, TestContext.Current.CancellationToken);
            Assert.True(await reflection.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Contains($"genailab.v1.{service}", reflection.ResponseStream.Current.ListServicesResponse.Service.Select(static found => found.Name));
        }
    }

    [Fact]
    public async Task The_texts_of_the_events_add_up_and_probabilities_are_probabilities()
    {
        var events = await GenerateAsync(new GenerateRequest { Text = "The capital of France is", MaxTokens = 2, Sampling = Greedy(), Alternatives = 5 });

        Assert.Equal(GenerateResponse.EventOneofCase.Started, events[0].EventCase);
        Assert.Equal(" Paris.", string.Concat(events.Select(static e => e.Token?.Text ?? e.Finished?.Text ?? "")));
        var tokens = events.Where(static e => e.Token is not null).Select(static e => e.Token).ToList();
        Assert.Equal(2, tokens.Count);
        Assert.All(tokens, static token =>
        {
            Assert.Equal(5, token.Alternatives.Count);
            Assert.Equal(token.TokenId, token.Alternatives[0].TokenId);
            Assert.InRange(token.Alternatives.Sum(static other => other.Probability), token.Probability, 1.0001f);
            Assert.True(token.Timing.TotalNanoseconds > 0);
        });
        Assert.True(tokens[0].Probability >= 0.9f, $"P(Paris) = {tokens[0].Probability}");
        Assert.True(tokens[0].Timing.PrefillNanoseconds > 0 && tokens[1].Timing.DecodeNanoseconds > 0);
        Assert.Equal(FinishReason.MaxTokens, events[^1].Finished.Reason);
    }

    [Fact]
    public async Task Streams_at_once_give_the_tokens_that_each_gives_alone()
    {
        static GenerateRequest Request(int seed) => new()
        {
            Text = "One day",
            MaxTokens = 30,
            Sampling = new SamplingProgram { Seed = (ulong)seed },
            Mode = seed % 2 == 0 ? LoopMode.Step : LoopMode.Pushdown,
        };

        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => GenerateAsync(Request(seed))));
        for (var seed = 0; seed < together.Length; seed++)
        {
            var alone = await GenerateAsync(Request(seed));
            Assert.Equal(Ids(alone), Ids(together[seed]));
        }
    }

    [Fact]
    public async Task Clients_that_cancel_or_vanish_leave_no_slot_behind()
    {
        using var channel = GrpcChannel.ForAddress(Up.Grpc("orchestrator"));
        for (var round = 0; round < 20; round++)
        {
            using var call = new V1.Orchestrator.OrchestratorClient(channel).Generate(new GenerateRequest { Text = "One day", MaxTokens = 200 }, Options);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        using var vanishing = GrpcChannel.ForAddress(Up.Grpc("orchestrator"));
        var lost = new V1.Orchestrator.OrchestratorClient(vanishing).Generate(new GenerateRequest { Text = "One day", MaxTokens = 200 }, Options);
        Assert.True(await lost.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        vanishing.Dispose();

        using var decoder = GrpcChannel.ForAddress(Up.Grpc("decoder"));
        var watch = Stopwatch.StartNew();
        int used;
        do
        {
            var listing = await new V1.Decoder.DecoderClient(decoder).ListDecodersAsync(new ListDecodersRequest(), Options);
            used = listing.Decoders.Sum(static model => model.SlotsInUse);
        }
        while (used > 0 && watch.Elapsed < Limit);
        Assert.Equal(0, used);
        Assert.NotEmpty(Ids(await GenerateAsync(new GenerateRequest { Text = "The", MaxTokens = 1 })));
    }

    [Fact]
    public async Task Token_ids_out_of_range_and_oversized_messages_are_refused_and_the_next_request_works()
    {
        foreach (var id in new[] { -1, 1_000_000 })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(new GenerateRequest { Tokens = new TokenIds { Ids = { 0, id } } }));
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        }

        var large = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(new GenerateRequest { Text = new string('a', 5 * 1024 * 1024) }));
        Assert.Equal(StatusCode.ResourceExhausted, large.StatusCode);
        var overLimit = await Assert.ThrowsAsync<RpcException>(() => GenerateAsync(new GenerateRequest { Text = new string('a', 2 * 1024 * 1024) }));
        Assert.Equal(StatusCode.InvalidArgument, overLimit.StatusCode);
        Assert.NotEmpty(Ids(await GenerateAsync(new GenerateRequest { Text = "The", MaxTokens = 1 })));
    }

    [Fact]
    public async Task A_client_that_is_not_ours_reads_the_same_protos()
    {
        var folder = Path.Combine(EndToEnd.Lab.Repository, "tests/GenAiLab.EndToEnd/foreign");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");

        var events = await ForeignAsync(folder, """{"text":"The capital of France is","max_tokens":2,"sampling":{"temperature":0}}""");
        Assert.Equal("OK", events[^1].GetProperty("status").GetString());
        Assert.Equal([" Paris", "."], events.Where(static e => e.TryGetProperty("token", out _)).Select(static e => e.GetProperty("token").GetProperty("text").GetString()!));

        var refused = await ForeignAsync(folder, """{"text":"x","sampling":{"temperature":-1}}""");
        Assert.Equal("INVALID_ARGUMENT", refused[^1].GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_client_that_is_not_ours_draws_and_speaks_and_is_listened_to()
    {
        var folder = Path.Combine(EndToEnd.Lab.Repository, "tests/GenAiLab.EndToEnd/foreign");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "needs node and `npm ci` in tests/GenAiLab.EndToEnd/foreign");

        var drawn = await ForeignAsync(folder, """{"model":"lab-draw","text":"a black cat","sampling":{"seed":7},"media_output":{"preview_interval":128}}""");
        Assert.Equal("OK", drawn[^1].GetProperty("status").GetString());
        var pictures = Media(drawn);
        Assert.Equal(2, pictures.Count);
        Assert.All(pictures, static picture => Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture[..4]));

        var spoken = Media(await ForeignAsync(folder, """{"model":"lab-speak","text":"seven black cats","sampling":{"seed":7},"media_output":{}}"""));
        var heard = await ForeignAsync(
            folder, $$$"""{"model":"lab-listen","media":"{{{Convert.ToBase64String(Assert.Single(spoken))}}}","sampling":{"temperature":0}}""");
        Assert.Equal("OK", heard[^1].GetProperty("status").GetString());
        // A token without text is sent without the field.
        Assert.Equal("seven black cats", string.Concat(heard.Select(static e =>
            e.TryGetProperty("token", out var token) && token.TryGetProperty("text", out var text) ? text.GetString() : "")).Trim());

        static List<byte[]> Media(List<JsonElement> events) =>
        [
            .. events.Where(static e => e.TryGetProperty("media", out _)).Select(static e =>
                e.GetProperty("media").GetProperty("content").GetProperty("data").EnumerateArray().Select(static value => value.GetByte()).ToArray()),
        ];
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        var port = new Uri(Up.Grpc("orchestrator")).Port;
        var (exitCode, _, errors) = await EndToEnd.Lab.RunAsync("up", "--port", port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(1, exitCode);
        Assert.Contains($"port {port}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_the_default_model_is_not_waited_for()
    {
        using var models = new CopiedModels("lab-draft");
        var (exitCode, _, errors) = await EndToEnd.Lab.RunAsync("up", "--port", "0", "--models", models.Root);

        Assert.Equal((1, "lab: the folder of models has no 'lab-base', which is the default model; the environment variable Models__Default names another\n"), (exitCode, errors));
    }

    private static SamplingProgram Greedy() => new() { Temperature = 0 };

    private static List<int> Ids(IEnumerable<GenerateResponse> events) =>
        [.. events.Where(static e => e.Token is not null).Select(static e => e.Token.TokenId)];

    private async Task<List<JsonElement>> ForeignAsync(string folder, string request)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = folder };
        foreach (var argument in new[] { "generate.mjs", new Uri(Up.Grpc("orchestrator")).Authority, Path.Combine(EndToEnd.Lab.Repository, "protos"), request })
        {
            start.ArgumentList.Add(argument);
        }

        var (_, output, _) = await EndToEnd.Lab.RunAsync(start);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];
    }

    private async Task<List<GenerateResponse>> GenerateAsync(GenerateRequest request)
    {
        using var channel = GrpcChannel.ForAddress(Up.Grpc("orchestrator"));
        using var call = new V1.Orchestrator.OrchestratorClient(channel).Generate(request, Options);
        var events = new List<GenerateResponse>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            events.Add(response);
        }

        return events;
    }
}
