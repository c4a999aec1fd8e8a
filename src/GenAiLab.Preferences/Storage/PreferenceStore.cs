namespace GenAiLab.Preferences.Storage;

/// <summary>A database of preferences that is open and migrated. Thread-safe.</summary>
internal sealed class PreferenceStore(PreferenceDatabase database, TimeProvider clock)
{
    /// <summary>The preferences of one tenant; empty: of callers whom no key names.</summary>
    public TenantPreferences Of(string tenant) => new(database, clock, tenant);

    /// <summary>Throws when the database does not answer.</summary>
    /// <exception cref="StoreException">Why.</exception>
    public Task<int> PingAsync(CancellationToken cancellation) =>
        database.ReadAsync(connection => Migrations.VersionAsync(connection, cancellation), cancellation);
}
