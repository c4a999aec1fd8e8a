using System.Data.Common;

namespace GenAiLab.Preferences.Storage;

/// <summary>
/// The seam between the store and a database product: how to open it, how to write safely, what its errors
/// mean and the few words in which its SQL differs. Everything else is SQL that both understand. Thread-safe.
/// </summary>
internal abstract class PreferenceDatabase : IDisposable
{
    /// <summary>The product, for the log.</summary>
    public abstract string Product { get; }

    /// <summary>The type of a column of bytes.</summary>
    public abstract string BytesType { get; }

    /// <summary>The type of a column of text that is compared and sorted by its bytes.</summary>
    public abstract string TextType { get; }

    /// <summary>The schema of temporary tables.</summary>
    public abstract string TemporarySchema { get; }

    /// <summary>Makes the database usable, before the migrations; may be called again after it failed.</summary>
    /// <exception cref="StoreException">It cannot be used.</exception>
    public abstract Task PrepareAsync(CancellationToken cancellation);

    /// <summary>Keeps two processes from migrating at once; runs inside the migration's transaction.</summary>
    public abstract Task LockMigrationsAsync(DbConnection connection, CancellationToken cancellation);

    /// <summary>A connection for a piece of work that spans several statements. Dispose it.</summary>
    /// <exception cref="StoreException">There is none to be had.</exception>
    public async Task<DbConnection> ConnectAsync(CancellationToken cancellation)
    {
        try
        {
            return await OpenAsync(cancellation);
        }
        catch (DbException error) when (Explain(error) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>Runs <paramref name="work"/> on a connection of its own, without a transaction.</summary>
    /// <exception cref="StoreException">The database cannot do it.</exception>
    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(cancellation);
        return await ExplainedAsync(() => work(connection));
    }

    /// <summary>Runs <paramref name="work"/> in a transaction; when this returns, what it wrote is on disk.</summary>
    /// <exception cref="StoreException">The database cannot do it; nothing was written.</exception>
    public async Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(cancellation);
        return await WriteAsync(connection, work, cancellation);
    }

    /// <summary>The same on a connection that the caller holds.</summary>
    public async Task<T> WriteAsync<T>(DbConnection connection, Func<DbConnection, Task<T>> work, CancellationToken cancellation)
    {
        using var turn = await EnterWriterAsync(cancellation);
        return await ExplainedAsync(async () =>
        {
            await using var transaction = await BeginWriteAsync(connection, cancellation);
            var result = await work(connection);
            cancellation.ThrowIfCancellationRequested();
            // From here on it must not be cut short: nobody could tell whether it happened.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        });
    }

    /// <summary>Runs statements whose errors are explained.</summary>
    /// <exception cref="StoreException">The database cannot do it.</exception>
    public async Task<T> ExplainedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (DbException error) when (Explain(error) is { } explained)
        {
            throw explained;
        }
    }

    public abstract void Dispose();

    protected abstract Task<DbConnection> OpenAsync(CancellationToken cancellation);

    /// <summary>Waits for the caller's turn to write; dispose to end it.</summary>
    protected abstract Task<IDisposable?> EnterWriterAsync(CancellationToken cancellation);

    protected abstract Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken cancellation);

    /// <summary>What an error of the database means; null: it is a fault of this program.</summary>
    protected abstract StoreException? Explain(DbException error);
}
