using System.Data.Common;
using System.Globalization;
using GenAiLab.V1;

namespace GenAiLab.Preferences.Storage;

/// <summary>How an import ended: what was stored, or which record stood in the way.</summary>
/// <param name="Imported">Records that are new; none when there is a conflict.</param>
/// <param name="Conflict">The first record, from 1, whose id is stored with another content; null: there is none.</param>
/// <param name="ConflictId">That id.</param>
internal sealed record ImportOutcome(long Imported, long? Conflict, string? ConflictId);

/// <summary>
/// Many preferences of one tenant, all or none. They wait in a temporary table, where they block no one and need no
/// memory however slowly they come, and move to their place in one transaction. Not thread-safe.
/// </summary>
internal sealed class PreferenceImport : IAsyncDisposable
{
    private const string Table = "preferences_staged";

    private readonly PreferenceDatabase _database;
    private readonly string _tenant;
    private readonly DbConnection _connection;
    private readonly DbCommand _insert;

    private PreferenceImport(PreferenceDatabase database, string tenant, DbConnection connection)
    {
        _database = database;
        _tenant = tenant;
        _connection = connection;
        _insert = connection.Command(
            $"INSERT INTO {Table} (record, {PreferenceRow.Columns}) VALUES (@record, {PreferenceRow.Values}) ON CONFLICT (id) DO NOTHING");
    }

    public static async Task<PreferenceImport> BeginAsync(PreferenceDatabase database, string tenant, CancellationToken cancellation)
    {
        var connection = await database.ConnectAsync(cancellation);
        try
        {
            await database.ExplainedAsync(() => connection.ExecuteAsync(
                $"DROP TABLE IF EXISTS {database.TemporarySchema}.{Table}; CREATE TEMPORARY TABLE {Table} (record BIGINT NOT NULL, {Migrations.Columns(database)}, PRIMARY KEY (id))",
                cancellation));
            return new PreferenceImport(database, tenant, connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a record.</summary>
    /// <returns>False when its id came before with another content; the same content again is no matter.</returns>
    public Task<bool> AddAsync(long record, Preference preference, CancellationToken cancellation) => _database.ExplainedAsync(async () =>
    {
        _insert.Set("@record", record);
        PreferenceRow.Bind(_insert, preference);
        if (await _insert.ExecuteNonQueryAsync(cancellation) == 1)
        {
            return true;
        }

        await using var select = _connection.Command($"SELECT {PreferenceRow.Columns} FROM {Table} WHERE id = @id", ("@id", preference.Id));
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var before = PreferenceRow.Read(reader);
        before.Time = preference.Time;
        return before.Equals(preference);
    });

    /// <summary>Stores what was added, durably, or nothing where one is in conflict.</summary>
    public async Task<ImportOutcome> CommitAsync(CancellationToken cancellation)
    {
        try
        {
            return await _database.WriteAsync(_connection, connection => MoveAsync(connection, cancellation), cancellation);
        }
        catch (ConflictException conflict)
        {
            return new ImportOutcome(0, conflict.Record, conflict.Id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _insert.DisposeAsync();
        try
        {
            // The connection goes back to a pool.
            await _connection.ExecuteAsync($"DROP TABLE IF EXISTS {_database.TemporarySchema}.{Table}", CancellationToken.None);
        }
        catch (DbException)
        {
            // It is broken, and its temporary tables are gone with it.
        }

        await _connection.DisposeAsync();
    }

    private async Task<ImportOutcome> MoveAsync(DbConnection connection, CancellationToken cancellation)
    {
        // First move, then compare: what another writer stored meanwhile is seen then, and stays as it is.
        // In order of id, so that two imports of the same records wait for each other only one way.
        await using var insert = connection.Command(
            $"INSERT INTO preferences (tenant, {PreferenceRow.Columns}) SELECT @tenant, {PreferenceRow.Columns} FROM {Table} WHERE 1 = 1 ORDER BY id ON CONFLICT (tenant, id) DO NOTHING",
            ("@tenant", _tenant));
        var imported = await insert.ExecuteNonQueryAsync(cancellation);
        await using var select = connection.Command(
            $"SELECT staged.record, staged.id FROM {Table} staged JOIN preferences stored ON stored.tenant = @tenant AND stored.id = staged.id"
            + $" WHERE NOT ({PreferenceRow.SameContent("stored", "staged")}) ORDER BY staged.record LIMIT 1",
            ("@tenant", _tenant));
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? throw new ConflictException(reader.GetInt64(0), reader.GetString(1))
            : new ImportOutcome(imported, null, null);
    }

    // Leaves the transaction without a commit.
    private sealed class ConflictException(long record, string id)
        : Exception(string.Create(CultureInfo.InvariantCulture, $"record {record} is in conflict"))
    {
        public long Record => record;

        public string Id => id;
    }
}
