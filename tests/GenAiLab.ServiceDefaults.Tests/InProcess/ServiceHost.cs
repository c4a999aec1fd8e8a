using System.Diagnostics.Metrics;
using GenAiLab.ServiceDefaults.InProcess;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.Tests.InProcess;

/// <summary>How a test reaches the service.</summary>
public enum Transport
{
    /// <summary>Kestrel on a loopback port, with the lab's service defaults.</summary>
    Network,

    /// <summary>Direct calls.</summary>
    InProcess,
}

/// <summary>The two scripted services, reached either way; the tests hold the two ways equal.</summary>
internal sealed class ServiceHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly GrpcChannel? _channel;

    private ServiceHost(WebApplication application, GrpcChannel? channel)
    {
        _application = application;
        _channel = channel;
        TokenizerClient = channel is null ? Resolve<V1.Tokenizer.TokenizerClient>() : new V1.Tokenizer.TokenizerClient(channel);
        DecoderClient = channel is null ? Resolve<V1.Decoder.DecoderClient>() : new V1.Decoder.DecoderClient(channel);
    }

    public V1.Tokenizer.TokenizerClient TokenizerClient { get; }

    public V1.Decoder.DecoderClient DecoderClient { get; }

    /// <summary>Tells this host's meters from those of the tests beside it.</summary>
    public IMeterFactory Meters => Resolve<IMeterFactory>();

    public ScriptedTokenizer Tokenizer => Resolve<ScriptedTokenizer>();

    public ScriptedDecoder Decoder => Resolve<ScriptedDecoder>();

    public static async Task<ServiceHost> StartAsync(Transport transport)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.AddServiceDefaults("scripted");
        builder.Services.AddSingleton<ScriptedTokenizer>();
        builder.Services.AddSingleton<ScriptedDecoder>();
        builder.Services.AddInProcessClient<V1.Tokenizer.TokenizerClient, ScriptedTokenizer>(V1.Tokenizer.BindService);
        builder.Services.AddInProcessClient<V1.Decoder.DecoderClient, ScriptedDecoder>(V1.Decoder.BindService);
        var application = builder.Build();
        if (transport == Transport.InProcess)
        {
            return new ServiceHost(application, channel: null);
        }

        application.MapGrpcService<ScriptedTokenizer>();
        application.MapGrpcService<ScriptedDecoder>();
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new ServiceHost(application, GrpcChannel.ForAddress(application.Urls.Single()));
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        await _application.DisposeAsync();
    }

    private T Resolve<T>()
        where T : class => _application.Services.GetRequiredService<T>();
}

/// <summary>Every await of the tests has an end.</summary>
internal static class Within
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Task<T> Patiently<T>(this Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task Patiently(this Task task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public static Task<RpcException> FailsAsync(Func<Task> call) => Assert.ThrowsAsync<RpcException>(() => call().Patiently());
}
