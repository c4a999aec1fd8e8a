using GenAiLab.Preferences.Storage;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults.Health;

namespace GenAiLab.Preferences;

/// <summary>
/// Opens the database after the ports are open, and goes on trying where it cannot be: a server that starts
/// later, a file that someone mends. Afterwards it looks every ten seconds whether the database answers, and
/// keeps the readiness in step.
/// </summary>
internal sealed partial class PreferenceStoreOpener(
    [FromKeyedServices(PreferencesServiceExtensions.ServiceName)] ServiceReadiness readiness,
    IConfiguration configuration,
    IHostEnvironment environment,
    ILogger<PreferenceStoreOpener> logger) : BackgroundService
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    private volatile StoreException _obstacle = StoreException.Passing("the database is being opened; try again in a moment");
    private volatile PreferenceStore? _store;
    private PreferenceDatabase? _database;

    /// <summary>The preferences of a tenant.</summary>
    /// <param name="tenant">Whose; null: the caller showed no key, and <see cref="PreferencesConnection.TenantKey"/> says whose it reads.</param>
    /// <exception cref="StoreException">The database could not be opened; why.</exception>
    public TenantPreferences Of(string? tenant) =>
        (_store ?? throw new StoreException(_obstacle.Message, _obstacle.IsLasting)).Of(tenant ?? configuration[PreferencesConnection.TenantKey] ?? "");

    public override void Dispose()
    {
        base.Dispose();
        _database?.Dispose();
    }

    // Opening a file blocks: off the thread that starts the host.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => KeepOpenAsync(stoppingToken), stoppingToken);

    private async Task KeepOpenAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                if (_store is { } store)
                {
                    await store.PingAsync(stopping);
                }
                else
                {
                    await OpenAsync(stopping);
                }

                readiness.MarkReady();
            }
            catch (StoreException error)
            {
                Report(error);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Report(StoreException.Lasting("the database cannot be used; the log of the service says more", error));
            }

            await Task.Delay(_store is null ? Retry : Look, stopping);
        }
    }

    private async Task OpenAsync(CancellationToken stopping)
    {
        if (configuration[PreferencesConnection.TenantKey] is { Length: > 0 } tenant && ApiKeyFile.TenantObstacle(tenant) is { } obstacle)
        {
            throw StoreException.Lasting($"{PreferencesConnection.TenantKey} {obstacle}");
        }

        _database ??= PreferencesConnection.Open(
            configuration[PreferencesConnection.Key],
            environment.ContentRootPath,
            PreferencesConnection.ModelsFolder(configuration, environment.ContentRootPath));
        await _database.PrepareAsync(stopping);
        var version = await Migrations.ApplyAsync(_database, stopping);
        _store = new PreferenceStore(_database, TimeProvider.System);
        LogOpened(_database.Product, version);
    }

    private void Report(StoreException error)
    {
        if (readiness.Obstacle != error.Message)
        {
            LogObstacle(error.InnerException, error.Message);
        }

        _obstacle = error;
        if (error.IsLasting)
        {
            // Whoever mends it may put another file in its place: it is opened anew.
            _store = null;
        }

        readiness.MarkNotReady(error.Message);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Preferences are kept in {Product}, schema {Version}")]
    private partial void LogOpened(string product, int version);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Not serving: {Reason}")]
    private partial void LogObstacle(Exception? error, string reason);
}
