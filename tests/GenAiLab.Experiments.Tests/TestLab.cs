using System.Collections.Immutable;
using System.Diagnostics;
using GenAiLab.Classifier;
using GenAiLab.Cli.Hosting;
using GenAiLab.Decoder;
using GenAiLab.Orchestrator;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.InProcess;
using GenAiLab.Tokenizer;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Experiments.Tests;

/// <summary>
/// All services in this process, and, where a test breaks them, interceptors before each: calls of the experiment and
/// calls between the services pass through them alike. What it starts is broken in the same way.
/// </summary>
public sealed class TestLab : ITracedLab
{
    private readonly IHost _host;
    private readonly string _modelsRoot;
    private readonly Func<Interceptor[]> _broken;
    private readonly ActivityListener? _listener;
    private ImmutableList<(string TraceId, TracedSpan Span)> _spans = [];

    private TestLab(IHost host, string modelsRoot, Func<Interceptor[]> broken, bool traced)
    {
        (_host, _modelsRoot, _broken) = (host, modelsRoot, broken);
        if (traced)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = static source => source.Name.StartsWith("GenAiLab.", StringComparison.Ordinal),
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity => ImmutableInterlocked.Update(ref _spans, spans => spans.Add((
                    activity.TraceId.ToHexString(),
                    new TracedSpan(activity.OperationName, activity.GetTagItem("genailab.tokens") is int tokens ? tokens : 0)))),
            };
            ActivitySource.AddActivityListener(_listener);
        }
    }

    /// <summary>The folder of the committed models.</summary>
    public static string CommittedModels { get; } = FindModels();

    public V1.Orchestrator.OrchestratorClient Orchestrator => _host.Services.GetRequiredService<V1.Orchestrator.OrchestratorClient>();

    public V1.Tokenizer.TokenizerClient Tokenizer => _host.Services.GetRequiredService<V1.Tokenizer.TokenizerClient>();

    public V1.Classifier.ClassifierClient Classifier => _host.Services.GetRequiredService<V1.Classifier.ClassifierClient>();

    public V1.Decoder.DecoderClient Decoder => _host.Services.GetRequiredService<V1.Decoder.DecoderClient>();

    /// <summary>A lab in order.</summary>
    public static Task<TestLab> StartAsync() => StartAsync(CommittedModels, static () => []);

    /// <summary>A lab whose services are reached through what <paramref name="broken"/> makes; each lab gets its own.</summary>
    public static Task<TestLab> StartBrokenAsync(Func<Interceptor> broken) => StartAsync(CommittedModels, () => [broken()]);

    public async Task<IStartedLab> StartAnotherAsync(string? modelsRoot, CancellationToken cancellation) =>
        await StartAsync(modelsRoot ?? _modelsRoot, _broken);

    public async Task<ITracedLab> StartTracedAsync(CancellationToken cancellation) =>
        await StartAsync(_modelsRoot, _broken, traced: true);

    public async Task<IReadOnlyList<TracedSpan>> SpansAsync(
        string traceId, Func<IReadOnlyList<TracedSpan>, bool> complete, CancellationToken cancellation)
    {
        // A service's last span may end after its caller has the answer.
        var limit = Stopwatch.StartNew();
        while (true)
        {
            List<TracedSpan> spans = [.. _spans.Where(span => span.TraceId == traceId).Select(static span => span.Span)];
            if (complete(spans) || limit.Elapsed > TimeSpan.FromSeconds(5))
            {
                return spans;
            }

            await Task.Delay(10, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        await _host.StopAsync();
        _host.Dispose();
    }

    private static async Task<TestLab> StartAsync(string modelsRoot, Func<Interceptor[]> broken, bool traced = false)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Models:Root", modelsRoot)]);
        builder.AddLabServices(EmbeddedServices.All);
        // The last registration counts.
        var interceptors = broken();
        Add<V1.Tokenizer.TokenizerClient, TokenizerGrpcService>(V1.Tokenizer.BindService);
        Add<V1.Classifier.ClassifierClient, ClassifierGrpcService>(V1.Classifier.BindService);
        Add<V1.Decoder.DecoderClient, DecoderGrpcService>(V1.Decoder.BindService);
        Add<V1.Orchestrator.OrchestratorClient, OrchestratorGrpcService>(V1.Orchestrator.BindService);
        var host = builder.Build();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(5));
        await host.StartAsync(limit.Token);
        foreach (var readiness in builder.Services.ReadinessNames().Select(host.Services.GetRequiredKeyedService<ServiceReadiness>))
        {
            await readiness.Verdict.WaitAsync(limit.Token);
        }

        return new TestLab(host, modelsRoot, broken, traced);

        void Add<TClient, TService>(Action<ServiceBinderBase, TService> bind)
            where TClient : ClientBase
            where TService : class =>
            builder.Services.AddSingleton(provider => (TClient)Activator.CreateInstance(
                typeof(TClient),
                new InProcessCallInvoker(
                    binder => bind(binder, provider.GetRequiredService<TService>()), provider.GetRequiredService<ILogger<InProcessCallInvoker>>())
                .Intercept(interceptors))!);
    }

    private static string FindModels()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenAiLab.sln")))
            {
                return Path.Combine(folder.FullName, "models");
            }
        }

        throw new InvalidOperationException("the tests run from within the repository");
    }
}
