using System.Diagnostics;
using System.Net;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.Tokenizer;
using GenAiLab.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>The Tokenizer on a loopback socket, called as any client would: what serialization and HTTP/2 take is in its times.</summary>
internal sealed class TokenizerOverGrpc : IAsyncDisposable
{
    private const int MaximumMessageBytes = 256 << 20;
    private readonly WebApplication _application;
    private readonly GrpcChannel _channel;
    private readonly V1.Tokenizer.TokenizerClient _client;

    private TokenizerOverGrpc(WebApplication application, GrpcChannel channel) =>
        (_application, _channel, _client) = (application, channel, new V1.Tokenizer.TokenizerClient(channel));

    /// <summary>Starts it.</summary>
    /// <param name="models">The folder of folders with vocabularies.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<TokenizerOverGrpc> StartAsync(string models, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = models });
        builder.Configuration.AddInMemoryCollection([new("Models:Root", models)]);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.AddServiceDefaults(TokenizerServiceExtensions.ServiceName);
        builder.AddTokenizer();
        var application = builder.Build();
        application.UseRouting();
        application.MapServiceDefaults();
        application.MapTokenizer();
        await application.StartAsync(cancellation);
        await application.Services.GetRequiredKeyedService<ServiceReadiness>(TokenizerServiceExtensions.ServiceName).Verdict.WaitAsync(cancellation);
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new TokenizerOverGrpc(
            application, GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = MaximumMessageBytes, MaxSendMessageSize = MaximumMessageBytes }));
    }

    /// <summary>Encodes a text by one call; gives the seconds it took.</summary>
    public async Task<double> EncodeAsync(string vocabulary, string text, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        await _client.EncodeAsync(new EncodeRequest { Vocabulary = vocabulary, Text = text }, cancellationToken: cancellation);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
