using System.Net;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Tokenizer.Tests;

/// <summary>The service on a loopback port, over a models folder of the test's own.</summary>
internal sealed class TokenizerHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;
    private readonly DirectoryInfo _models;
    private readonly GrpcChannel _channel;

    private TokenizerHost(WebApplication application, DirectoryInfo models, GrpcChannel channel) =>
        (_application, _models, _channel) = (application, models, channel);

    public V1.Tokenizer.TokenizerClient Client => new(_channel);

    public Grpc.Health.V1.Health.HealthClient Health => new(_channel);

    public static async Task<TokenizerHost> StartAsync(Action<string>? fill = null, string? defaultVocabulary = null)
    {
        var models = Directory.CreateTempSubdirectory("tokenizer-tests-");
        fill?.Invoke(models.FullName);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = models.FullName });
        builder.Configuration.AddInMemoryCollection([
            new("Models:Root", models.FullName), new("Models:Default", defaultVocabulary)]);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddLogging(static logging => logging.ClearProviders());
        builder.AddServiceDefaults("tokenizer");
        builder.AddTokenizer();
        var application = builder.Build();
        application.UseRouting();
        application.MapServiceDefaults();
        application.MapTokenizer();
        await application.StartAsync().WaitAsync(Patience);
        await application.Services.GetRequiredKeyedService<ServiceReadiness>("tokenizer").Verdict.WaitAsync(Patience);
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = 64 << 20, MaxSendMessageSize = 64 << 20 });
        return new TokenizerHost(application, models, channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _application.StopAsync().WaitAsync(Patience);
        await _application.DisposeAsync();
        _models.Delete(recursive: true);
    }
}
