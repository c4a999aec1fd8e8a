using System.Net;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Classifier.Tests;

/// <summary>The service and a Tokenizer, each on a loopback port, over a models folder of the test's own.</summary>
internal sealed class ClassifierHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("classifier-tests-");
    private readonly List<WebApplication> _applications = [];
    private readonly ClassifierLoader _loader;
    private readonly GrpcChannel _channel;

    private ClassifierHost(Action<string> fill, string? tokenizerAddress, int maximumCalls)
    {
        fill(_models.FullName);
        var tokenizer = Build(
            builder => builder.Services.AddSingleton(Tokenizer),
            static endpoints => endpoints.MapGrpcService<ByteTokenizer>());
        tokenizerAddress ??= Start(tokenizer);
        var classifier = Build(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection([
                    new("Models:Root", _models.FullName),
                    new("Classifier:MaximumCalls", $"{maximumCalls}"),
                    new("services:tokenizer:grpc:0", tokenizerAddress)]);
                builder.AddClassifier();
                // Started by the test, so that the time before it can be looked at.
                builder.Services.Remove(builder.Services.Single(static service => service.ImplementationType == typeof(ClassifierLoader)));
                builder.Services.AddSingleton<ClassifierLoader>();
            },
            static endpoints => endpoints.MapClassifier());
        _channel = GrpcChannel.ForAddress(Start(classifier), new GrpcChannelOptions { MaxSendMessageSize = 64 << 20 });
        _loader = classifier.Services.GetRequiredService<ClassifierLoader>();
        Readiness = classifier.Services.GetRequiredKeyedService<ServiceReadiness>("classifier");
    }

    public ByteTokenizer Tokenizer { get; } = new();

    public ServiceReadiness Readiness { get; }

    public V1.Classifier.ClassifierClient Client => new(_channel);

    public Grpc.Health.V1.Health.HealthClient Health => new(_channel);

    public static CallOptions Options() =>
        new(deadline: DateTime.UtcNow + Patience, cancellationToken: TestContext.Current.CancellationToken);

    public static ClassifierHost StartUnloaded(Action<string> fill) => new(fill, null, 64);

    public static async Task<ClassifierHost> StartAsync(Action<string> fill, string? tokenizerAddress = null, int maximumCalls = 64)
    {
        var host = new ClassifierHost(fill, tokenizerAddress, maximumCalls);
        await host.LoadAsync();
        return host;
    }

    public async Task LoadAsync()
    {
        await _loader.StartAsync(CancellationToken.None).WaitAsync(Patience);
        await Readiness.Verdict.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _loader.StopAsync(CancellationToken.None).WaitAsync(Patience);
        foreach (var application in _applications)
        {
            await application.StopAsync().WaitAsync(Patience);
            await application.DisposeAsync();
        }

        _models.Delete(recursive: true);
    }

    private WebApplication Build(Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = _models.FullName });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddLogging(static logging => logging.ClearProviders());
        builder.AddServiceDefaults("test");
        add(builder);
        var application = builder.Build();
        application.UseRouting();
        application.MapServiceDefaults();
        map(application);
        _applications.Add(application);
        return application;
    }

    private static string Start(WebApplication application)
    {
        // The constructor's only wait: Kestrel binds without going elsewhere.
        application.StartAsync().WaitAsync(Patience).GetAwaiter().GetResult();
        return application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }
}
