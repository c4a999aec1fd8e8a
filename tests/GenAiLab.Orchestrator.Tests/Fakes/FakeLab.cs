using System.Net;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.InProcess;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>The orchestrator as it ships, on a loopback port, with scripted services on ports of their own.</summary>
internal sealed class FakeLab : IAsyncDisposable
{
    private readonly List<WebApplication> _applications = [];
    private readonly List<(FakeDecoder Decoder, WebApplication Service)> _fleet = [];
    private WebApplication? _decoderService;
    private GrpcChannel? _channel;
    private string _decoderUrl = "";

    public FakeTokenizer Tokenizer { get; } = new();

    public FakeDecoder Decoder { get; } = new();

    /// <summary>Called without a network between, in every topology.</summary>
    public FakeClassifier Classifier { get; } = new();

    public V1.Orchestrator.OrchestratorClient Client { get; private set; } = null!;

    public GrpcChannel Channel => _channel!;

    public ServiceReadiness Readiness => _applications[^1].Services.GetRequiredKeyedService<ServiceReadiness>("orchestrator");

    /// <summary>Three servers that speak gRPC with each other.</summary>
    public static Task<FakeLab> StartAsync(bool withDecoder = true, params (string Key, string Value)[] configuration) =>
        StartAsync(static _ => { }, withDecoder, configuration);

    /// <summary>The same with a tokenizer that is set up before anyone asks it.</summary>
    public static async Task<FakeLab> StartAsync(Action<FakeTokenizer> tokenizers, bool withDecoder = true, params (string Key, string Value)[] configuration)
    {
        var lab = new FakeLab();
        tokenizers(lab.Tokenizer);
        var tokenizer = await lab.ServeAsync("tokenizer", lab.Tokenizer);
        lab._decoderService = await lab.ServeAsync("decoder", lab.Decoder);
        var decoderUrl = lab._decoderService.Urls.Single();
        if (!withDecoder)
        {
            await lab.StopDecoderAsync();
        }

        await lab.StartOrchestratorAsync(tokenizer, decoderUrl, configuration);
        return lab;
    }

    /// <summary>Several decoders, all alike, in a static list.</summary>
    public static async Task<FakeLab> StartFleetAsync(int decoders, params (string Key, string Value)[] configuration)
    {
        var lab = new FakeLab();
        var tokenizer = await lab.ServeAsync("tokenizer", lab.Tokenizer);
        for (var at = 0; at < decoders; at++)
        {
            var decoder = new FakeDecoder { Model = FakeDecoder.Noise() };
            lab._fleet.Add((decoder, await lab.ServeAsync("decoder", decoder)));
        }

        var list = string.Join(',', lab._fleet.Select(static replica => new Uri(replica.Service.Urls.Single()).Authority));
        await lab.StartOrchestratorAsync(
            tokenizer, "http://127.0.0.1:1",
            [("Services:decoder", $"static:{list}"), ("Decoders:ReportInterval", "00:00:00.05"), ("Decoders:Patience", "00:00:02"), .. configuration]);
        await Patience.UntilAsync(() => lab.Fleet.All(static decoder => decoder.Reports > 1) && lab.Readiness.IsReady);
        return lab;
    }

    public IReadOnlyList<FakeDecoder> Fleet => [.. _fleet.Select(static replica => replica.Decoder)];

    /// <summary>One of the fleet ends, and its connections with it.</summary>
    public async Task StopDecoderAsync(FakeDecoder decoder)
    {
        var service = _fleet.Single(replica => replica.Decoder == decoder).Service;
        _applications.Remove(service);
        await service.DisposeAsync();
    }

    private async Task StartOrchestratorAsync(WebApplication tokenizer, string decoderUrl, params (string Key, string Value)[] configuration)
    {
        var builder = Builder(port: 0);
        builder.Configuration.AddInMemoryCollection(
        [
            new("services:tokenizer:grpc:0", tokenizer.Urls.Single()),
            new("services:decoder:grpc:0", decoderUrl),
            .. configuration.Select(static pair => new KeyValuePair<string, string?>(pair.Key, pair.Value)),
        ]);
        AddClassifier(builder);
        builder.AddServiceDefaults("orchestrator");
        builder.AddOrchestrator();
        var orchestrator = Own(builder.Build());
        orchestrator.MapServiceDefaults();
        orchestrator.MapOrchestrator();
        await orchestrator.StartAsync(TestContext.Current.CancellationToken);
        _decoderUrl = decoderUrl;
        _channel = GrpcChannel.ForAddress(orchestrator.Urls.Single());
        Client = new V1.Orchestrator.OrchestratorClient(_channel);
    }

    /// <summary>One process, direct calls: the inproc topology.</summary>
    public static async Task<FakeLab> StartInProcessAsync(DecoderDescription? onlyModel = null)
    {
        var lab = new FakeLab();
        if (onlyModel is not null)
        {
            lab.Decoder.Models.Clear();
            lab.Decoder.Models.Add(onlyModel);
        }

        var builder = Builder(port: 0);
        builder.Services.AddSingleton(lab.Tokenizer);
        builder.Services.AddSingleton(lab.Decoder);
        builder.Services.AddInProcessClient<V1.Tokenizer.TokenizerClient, FakeTokenizer>(V1.Tokenizer.BindService);
        builder.Services.AddInProcessClient<V1.Decoder.DecoderClient, FakeDecoder>(V1.Decoder.BindService);
        lab.AddClassifier(builder);
        builder.Services.AddInProcessClient<V1.Orchestrator.OrchestratorClient, OrchestratorGrpcService>(V1.Orchestrator.BindService);
        builder.AddOrchestrator();
        var host = lab.Own(builder.Build());
        await host.StartAsync(TestContext.Current.CancellationToken);
        lab.Client = host.Services.GetRequiredService<V1.Orchestrator.OrchestratorClient>();
        return lab;
    }

    public async Task StopDecoderAsync()
    {
        _applications.Remove(_decoderService!);
        await _decoderService!.DisposeAsync();
    }

    /// <summary>The decoder comes back on the port it had.</summary>
    public async Task RestartDecoderAsync() => _decoderService = await ServeAsync("decoder", Decoder, new Uri(_decoderUrl).Port);

    public async Task<Generation> GenerateAsync(GenerateRequest request)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Patience.Limit);
        using var call = Client.Generate(request, cancellationToken: timeout.Token);
        var events = new List<GenerateResponse>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(timeout.Token))
        {
            events.Add(response);
        }

        return new Generation(events);
    }

    /// <summary>The fields that INVALID_ARGUMENT names.</summary>
    public async Task<string[]> RefusedFieldsAsync(GenerateRequest request)
    {
        var error = await FailsAsync(request);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        return [.. error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Select(static violation => violation.Field)];
    }

    public Task<RpcException> FailsAsync(GenerateRequest request) => Assert.ThrowsAsync<RpcException>(() => GenerateAsync(request));

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        foreach (var application in Enumerable.Reverse(_applications))
        {
            await application.DisposeAsync();
        }
    }

    private async Task<WebApplication> ServeAsync<TService>(string name, TService service, int port = 0)
        where TService : class
    {
        var builder = Builder(port);
        builder.AddServiceDefaults(name);
        builder.Services.AddSingleton(service);
        var application = Own(builder.Build());
        application.MapGrpcService<TService>();
        await application.StartAsync(TestContext.Current.CancellationToken);
        return application;
    }

    private void AddClassifier(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(Classifier);
        builder.Services.AddInProcessClient<V1.Classifier.ClassifierClient, FakeClassifier>(V1.Classifier.BindService);
    }

    private WebApplication Own(WebApplication application)
    {
        _applications.Add(application);
        return application;
    }

    private static WebApplicationBuilder Builder(int port)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(1));
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, port, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        return builder;
    }
}

/// <summary>What a generation answered.</summary>
internal sealed class Generation(IReadOnlyList<GenerateResponse> events)
{
    public IReadOnlyList<GenerateResponse> Events { get; } = events;

    public GenerationStarted Started => Events[0].Started;

    public IReadOnlyList<GeneratedToken> Tokens { get; } = [.. events.Where(static e => e.Token is not null).Select(static e => e.Token)];

    public GenerationFinished Finished => Events[^1].Finished;

    /// <summary>What one of several candidates answered.</summary>
    public Generation Candidate(int candidate) => new([Events[0], .. Events.Skip(1).Where(e => e.Candidate == candidate)]);

    public IEnumerable<int> Ids => Tokens.Select(static token => token.TokenId);

    public string Text => string.Concat(Tokens.Select(static token => token.Text)) + Finished.Text;
}

/// <summary>Every await of the tests has an end.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static Task<T> Patiently<T>(this Task<T> task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    public static Task Patiently(this Task task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(Limit);
        while (!condition())
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
