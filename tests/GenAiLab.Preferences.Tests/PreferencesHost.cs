using System.Collections.Concurrent;
using System.Net;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.Preferences.Tests;

/// <summary>The service on a loopback port, in this process, over a real database.</summary>
internal sealed class PreferencesHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;
    private readonly GrpcChannel _channel;

    private PreferencesHost(WebApplication application)
    {
        _application = application;
        _channel = GrpcChannel.ForAddress(
            application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Readiness = application.Services.GetRequiredKeyedService<ServiceReadiness>("preferences");
    }

    public ServiceReadiness Readiness { get; }

    public required LogLines Log { get; init; }

    public V1.Preferences.PreferencesClient Client => new(_channel);

    /// <summary>A client that shows an API key with every call.</summary>
    public V1.Preferences.PreferencesClient ClientOf(string key) => new(_channel.Intercept(headers =>
    {
        headers.Add("authorization", $"Bearer {key}");
        return headers;
    }));

    public Grpc.Health.V1.Health.HealthClient Health => new(_channel);

    public static CallOptions Options() => new(deadline: DateTime.UtcNow + Patience, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Starts it and waits until it knows whether the database can be used.</summary>
    public static async Task<PreferencesHost> StartAsync(string connection, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection([new(PreferencesConnection.Key, connection), .. settings.Select(static pair => new KeyValuePair<string, string?>(pair.Key, pair.Value))]);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        var log = new LogLines();
        builder.Services.AddLogging(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug));
        builder.AddServiceDefaults("test");
        builder.AddPreferences();
        var application = builder.Build();
        application.UseRouting();
        application.MapServiceDefaults();
        application.MapPreferences();
        await application.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        var host = new PreferencesHost(application) { Log = log };
        await host.Readiness.Verdict.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _application.StopAsync().WaitAsync(Patience);
        await _application.DisposeAsync();
    }
}

/// <summary>Everything that was logged, exceptions included.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
