using System.Collections.Concurrent;
using GenAiLab.Security.ApiKeys;
using GenAiLab.Security.Certificates;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.ServiceDefaults.Tests.InProcess;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>The scripted services on a real port, configured as a deployed service is: by settings alone.</summary>
internal sealed class SecureHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly LogLines _log;

    private SecureHost(WebApplication application, LogLines log) => (_application, _log) = (application, log);

    public string Address => _application.Urls.Single();

    public string Log => _log.Text;

    public ScriptedTokenizer Tokenizer => _application.Services.GetRequiredService<ScriptedTokenizer>();

    /// <summary>The client of another service called "tokenizer", as services get theirs.</summary>
    public V1.Tokenizer.TokenizerClient Downstream => _application.Services.GetRequiredService<V1.Tokenizer.TokenizerClient>();

    public static Task<SecureHost> StartAsync(params IEnumerable<(string Key, string? Value)> settings) => StartAsync("Production", null, settings);

    public static async Task<SecureHost> StartAsync(string environment, TimeProvider? time, params IEnumerable<(string Key, string? Value)> settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(
        [
            new("Kestrel:Endpoints:grpc:Url", "http://127.0.0.1:0"),
            new("Kestrel:Endpoints:grpc:Protocols", "Http2"),
        ]);
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }

        builder.WebHost.UseKestrel(static (context, kestrel) => kestrel.Configure(context.Configuration.GetSection("Kestrel")));
        builder.Services.AddRouting();
        var log = new LogLines();
        builder.Services.AddLogging(logging => logging.AddProvider(log));
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.AddServiceDefaults("scripted");
        builder.Services.AddSingleton<ScriptedTokenizer>();
        builder.Services.AddSingleton<ScriptedDecoder>();
        builder.Services.AddServiceClient<V1.Tokenizer.TokenizerClient>("tokenizer");
        var application = builder.Build();
        application.UseRouting();
        application.MapServiceDefaults();
        application.MapGrpcService<ScriptedTokenizer>();
        application.MapGrpcService<ScriptedDecoder>();
        application.MapGet("/open-by-mistake", static () => "secret");
        application.MapGet("/scoped", static (HttpContext context) => context.ApiKeyTenant()).WithMetadata(new RequiresScopeAttribute(ApiScopes.Tokenize));
        try
        {
            await application.StartAsync(TestContext.Current.CancellationToken).Patiently();
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new SecureHost(application, log);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().Patiently();
        await _application.DisposeAsync();
    }
}

/// <summary>A folder of certificates, and the calls that are made with them.</summary>
internal static class Certified
{
    public static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    public static CertificateFolder Folder(string path, DateTimeOffset? issued = null)
    {
        var folder = new CertificateFolder(path);
        folder.Issue(["tokenizer", "orchestrator"], [], issued ?? Now, TimeSpan.FromDays(30), replace: false);
        return folder;
    }

    /// <summary>The settings of a service with its certificate.</summary>
    public static IEnumerable<(string, string?)> Settings(this CertificateFolder folder, string service) =>
    [
        ("Tls:Certificate", folder.Certificate(service)),
        ("Tls:Key", folder.Key(service)),
        ("Tls:Authority", folder.Authority),
    ];

    /// <summary>A connection of its own, with a certificate or none, that trusts an authority.</summary>
    public static GrpcChannel Connect(string address, CertificateFolder authority, CertificateFolder? own, string name = CertificateFolder.Client)
    {
        var files = new CertificateFiles(new CertificatePaths(
            own is null ? null : new("cert", own.Certificate(name)), own is null ? null : new("key", own.Key(name)), new("ca", authority.Authority)));
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new()
                {
                    LocalCertificateSelectionCallback = (_, _, _, _, _) => files.Current.Certificate!,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                        PeerCertificate.Obstacle(certificate, chain, errors, files.Current.Authority!, Peer.Server) is null,
                },
            },
        });
    }
}

/// <summary>Keys in a file, and calls with them.</summary>
internal static class Keyed
{
    /// <summary>Adds a key to a file.</summary>
    /// <returns>Its text.</returns>
    public static string AddKey(string file, int perMinute, string? tenant, params string[] scopes)
    {
        var (text, kept) = ApiKey.Create(scopes.ToHashSet(), perMinute, tenant);
        ApiKeyFile.Change(new("file", file), keys => keys.Append(kept));
        return text;
    }

    /// <summary>Calls with a header as it stands; null: none.</summary>
    public static CallInvoker With(this GrpcChannel channel, string? authorization) => channel.Intercept(headers =>
    {
        if (authorization is not null)
        {
            headers.Add("authorization", authorization);
        }

        return headers;
    });
}

/// <summary>What was logged at Information and above.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}

/// <summary>A clock that only a test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
