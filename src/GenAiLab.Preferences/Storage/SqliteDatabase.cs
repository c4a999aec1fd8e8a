using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace GenAiLab.Preferences.Storage;

/// <summary>
/// A SQLite file in WAL mode: readers never wait for a writer. Writers take turns, in this process by a
/// semaphore and between processes by SQLite's own lock, for which they wait up to five seconds.
/// <c>synchronous=FULL</c>: a commit returns when the log is on disk (sqlite.org/pragma.html#pragma_synchronous).
/// </summary>
internal sealed class SqliteDatabase : PreferenceDatabase
{
    private const int BusySeconds = 5;
    private const string Damaged =
        "the database file is damaged or is no SQLite database; put a copy back, or move it away and an empty one is made";

    private readonly string _path;
    private readonly string _connectionString;
    private readonly SemaphoreSlim _writer = new(1);

    /// <param name="path">Full path of the file; it and its folder are made when missing.</param>
    /// <param name="mode">How the file is opened.</param>
    public SqliteDatabase(string path, SqliteOpenMode mode = SqliteOpenMode.ReadWriteCreate)
    {
        _path = path;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, DefaultTimeout = BusySeconds }.ToString();
    }

    public override string Product => "SQLite";

    public override string BytesType => "BLOB";

    public override string TextType => "TEXT";

    public override string TemporarySchema => "temp";

    public override async Task PrepareAsync(CancellationToken cancellation)
    {
        // An open connection goes on with the file that it opened, also when that was moved away.
        ClearPool();
        try
        {
            var folder = Path.GetDirectoryName(_path)!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else if (!Directory.Exists(folder))
            {
                // What people asked and how they ranked is theirs.
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw StoreException.Lasting("the folder of the database file cannot be made; name another file by Preferences:ConnectionString", error);
        }

        await ReadAsync(
            async connection =>
            {
                // Reads every page once: a damaged file is found here and not by some later caller.
                if (await connection.ScalarAsync("PRAGMA quick_check(1)", cancellation) is not "ok")
                {
                    throw StoreException.Lasting(Damaged);
                }

                return await connection.ScalarAsync("PRAGMA journal_mode=WAL", cancellation) is "wal"
                    ? true
                    : throw StoreException.Lasting("the database file cannot be put into WAL mode; is it on a network drive?");
            },
            cancellation);
    }

    // BEGIN IMMEDIATE holds the only write lock that there is.
    public override Task LockMigrationsAsync(DbConnection connection, CancellationToken cancellation) => Task.CompletedTask;

    public override void Dispose()
    {
        ClearPool();
        _writer.Dispose();
    }

    protected override async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            await connection.ExecuteAsync($"PRAGMA busy_timeout={BusySeconds * 1000}; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON;", cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    protected override async Task<IDisposable?> EnterWriterAsync(CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        return new Turn(_writer);
    }

    // BEGIN IMMEDIATE: it waits for the lock now, where a later upgrade would fail.
    protected override Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken cancellation) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: false));

    protected override StoreException? Explain(DbException error) => (error as SqliteException)?.SqliteErrorCode switch
    {
        5 or 6 => StoreException.Passing("the database file is busy: another program is writing to it; try again", error),
        8 => StoreException.Lasting("the database file can only be read; make it and its folder writable for the service", error),
        10 => StoreException.Passing("the database file cannot be read or written", error),
        11 or 26 => StoreException.Lasting(Damaged, error),
        13 => StoreException.Passing("the disk of the database file is full", error),
        3 or 14 or 23 => StoreException.Lasting("the database file cannot be opened; is its folder there, and may the service write to both?", error),
        _ => null,
    };

    private void ClearPool()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private sealed class Turn(SemaphoreSlim writer) : IDisposable
    {
        public void Dispose() => writer.Release();
    }
}
