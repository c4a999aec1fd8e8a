using GenAiLab.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.EndToEnd.Observing;

/// <summary>
/// A lab whose every signal is watched: scraped, exported, and logged at the finest level. One slot and no
/// waiting line, so that a second stream is refused.
/// </summary>
public sealed class ObservedLab : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Dictionary<string, GrpcChannel> _channels = [];
    private OtlpRecorder? _recorder;

    internal LabProcess Lab { get; private set; } = null!;

    internal OtlpRecorder Recorder => _recorder!;

    internal V1.Orchestrator.OrchestratorClient Orchestrator => new(Channel("orchestrator"));

    internal V1.Decoder.DecoderClient Decoder => new(Channel("decoder"));

    internal V1.Tokenizer.TokenizerClient Tokenizer => new(Channel("tokenizer"));

    internal V1.Classifier.ClassifierClient Classifier => new(Channel("classifier"));

    internal V1.Preferences.PreferencesClient Preferences => new(Channel("preferences"));

    internal static CallOptions Options => new(deadline: DateTime.UtcNow + Limit, cancellationToken: TestContext.Current.CancellationToken);

    public async ValueTask InitializeAsync()
    {
        _recorder = await OtlpRecorder.StartAsync();
        Lab = await LabProcess.StartAsync("processes", new Dictionary<string, string>
        {
            ["Telemetry__Prometheus"] = "true",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _recorder.Address,
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "50",
            ["Logging__Console__LogLevel__Default"] = "Trace",
            ["Logging__OpenTelemetry__LogLevel__Default"] = "Trace",
            ["Decoder__Slots"] = "1",
            ["Decoder__MaximumWaiting"] = "0",
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }

        if (Lab is not null)
        {
            await Lab.DisposeAsync();
        }

        if (_recorder is not null)
        {
            await _recorder.DisposeAsync();
        }
    }

    /// <summary>A generation to its end.</summary>
    /// <returns>Its trace id and its text.</returns>
    internal async Task<(string TraceId, string Text)> GenerateAsync(GenerateRequest request)
    {
        using var call = Orchestrator.Generate(request, Options);
        var (traceId, text) = ("", "");
        await foreach (var response in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            traceId = response.Started?.TraceId ?? traceId;
            text += response.Token?.Text ?? response.Finished?.Text;
        }

        return (traceId, text);
    }

    /// <summary>Some of everything that a lab sees in a day: answers, wrong requests, a refusal, a caller who leaves.</summary>
    internal async Task LiveADayAsync()
    {
        foreach (var mode in new[] { LoopMode.Pushdown, LoopMode.Step })
        {
            await GenerateAsync(new GenerateRequest { Text = "The capital of France is", MaxTokens = 3, Sampling = new SamplingProgram { Temperature = 0 }, Mode = mode });
        }

        await GenerateAsync(new GenerateRequest
        {
            Text = "The capital of France is Paris. The capital of France is",
            MaxTokens = 4,
            Sampling = new SamplingProgram { Temperature = 0 },
            Speculation = new Speculation { Ngram = new NgramLookup() },
        });
        await Classifier.ClassifyAsync(new ClassifyRequest { Text = "The cow has four legs." }, Options);
        using (var holder = Decoder.Step(Options))
        {
            await holder.RequestStream.WriteAsync(new StepRequest { Open = new StepOpen { Prompt = new TokenIds { Ids = { 1 } } } }, TestContext.Current.CancellationToken);
            Assert.True(await holder.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            await FailsAsync(StatusCode.ResourceExhausted, () => GenerateAsync(new GenerateRequest { Text = "One day", MaxTokens = 1 }));
        }

        await WaitForFreeSlotAsync();
        using (var leaving = Orchestrator.Generate(new GenerateRequest { Text = "One day", MaxTokens = 200 }, Options))
        {
            // Started, and a token.
            Assert.True(await leaving.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.True(await leaving.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }

        await WaitForFreeSlotAsync();
        await AskForModelAsync("nobody");
    }

    /// <summary>Asks every service for a model that does not exist.</summary>
    internal async Task AskForModelAsync(string name)
    {
        await FailsAsync(StatusCode.NotFound, () => GenerateAsync(new GenerateRequest { Text = "One day", Model = name }));
        await FailsAsync(StatusCode.NotFound, () => Decoder.ScoreAsync(new ScoreRequest { Model = name, Tokens = new TokenIds { Ids = { 1, 2 } } }, Options).ResponseAsync);
        await FailsAsync(StatusCode.NotFound, () => Tokenizer.EncodeAsync(new EncodeRequest { Vocabulary = name, Text = "One day" }, Options).ResponseAsync);
        await FailsAsync(StatusCode.NotFound, () => Classifier.ClassifyAsync(new ClassifyRequest { Model = name, Text = "One day" }, Options).ResponseAsync);
    }

    /// <summary>The slot of a call that was cancelled is free a moment after its end.</summary>
    internal async Task WaitForFreeSlotAsync()
    {
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while ((await Decoder.ListDecodersAsync(new ListDecodersRequest(), Options)).Decoders.Any(static model => model.SlotsInUse > 0))
        {
            Assert.True(patience.Elapsed < Limit, "a slot stayed in use");
        }
    }

    private static async Task FailsAsync(StatusCode status, Func<Task> call) =>
        Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);

    private GrpcChannel Channel(string service) =>
        _channels.TryGetValue(service, out var channel) ? channel : _channels[service] = GrpcChannel.ForAddress(Lab.Grpc(service));
}

[CollectionDefinition]
public sealed class ObservedLabCollection : ICollectionFixture<ObservedLab>;
