using System.Data.Common;
using Npgsql;

namespace GenAiLab.Preferences.Storage;

/// <summary>A PostgreSQL database (12 or later), reached over a pool of connections; several services may share it.</summary>
/// <param name="settings">Where it is and who connects.</param>
internal sealed class PostgresDatabase(NpgsqlConnectionStringBuilder settings) : PreferenceDatabase
{
    // Any number that nothing else in the database uses; it names the lock.
    private const long MigrationLock = 0x67656E61_69707265;

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(settings);

    public override string Product => "PostgreSQL";

    public override string BytesType => "BYTEA";

    // The order of bytes, as in SQLite, whatever the database's language.
    public override string TextType => "TEXT COLLATE \"C\"";

    public override string TemporarySchema => "pg_temp";

    public override Task PrepareAsync(CancellationToken cancellation) => ReadAsync(
        async connection => await connection.ScalarAsync("SHOW server_encoding", cancellation) is "UTF8"
            ? true
            : throw StoreException.Lasting("the database is not in the encoding UTF8; create one that is"),
        cancellation);

    public override Task LockMigrationsAsync(DbConnection connection, CancellationToken cancellation) =>
        connection.ExecuteAsync($"SELECT pg_advisory_xact_lock({MigrationLock})", cancellation);

    public override void Dispose() => _source.Dispose();

    protected override async Task<DbConnection> OpenAsync(CancellationToken cancellation) => await _source.OpenConnectionAsync(cancellation);

    protected override Task<IDisposable?> EnterWriterAsync(CancellationToken cancellation) => Task.FromResult<IDisposable?>(null);

    protected override async Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(cancellation);
        // A server may be set to acknowledge before the log is on disk; this service may not.
        await connection.ExecuteAsync(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'", cancellation);
        return transaction;
    }

    protected override StoreException? Explain(DbException error) => error switch
    {
        PostgresException { SqlState: ['2', '8', ..] } => StoreException.Lasting("the PostgreSQL server refuses the user or the password", error),
        PostgresException { SqlState: "3D000" } => StoreException.Lasting("the PostgreSQL server has no database of that name", error),
        PostgresException { SqlState: "42501" } => StoreException.Lasting("the user may not do this in the PostgreSQL database", error),
        PostgresException { SqlState: "25006" } => StoreException.Lasting("the PostgreSQL server can only be read", error),
        PostgresException { SqlState: ['X', 'X', ..] } => StoreException.Lasting("the PostgreSQL server reports damaged data", error),
        PostgresException { SqlState: "53100" } => StoreException.Passing("the disk of the PostgreSQL server is full", error),
        PostgresException { SqlState: ['0', '8', ..] or ['4', '0', ..] or ['5', '3', ..] or ['5', '5', ..] or ['5', '7', ..] or ['5', '8', ..] } =>
            StoreException.Passing("the PostgreSQL server is busy, starting or stopping; try again", error),
        PostgresException => null,
        NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException } =>
            StoreException.Lasting("no encrypted connection to the PostgreSQL server can be made", error),
        NpgsqlException => StoreException.Passing("the PostgreSQL server cannot be reached", error),
        _ => null,
    };
}
