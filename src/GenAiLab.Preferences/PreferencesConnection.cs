using System.Data.Common;
using GenAiLab.Models.Folders;
using GenAiLab.Preferences.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace GenAiLab.Preferences;

/// <summary>
/// <c>Preferences:ConnectionString</c>: which database. <c>Host=…</c>, <c>postgres://…</c> and
/// <c>postgresql://…</c> are PostgreSQL; anything else is SQLite: a file's path, or <c>Data Source=PATH</c>.
/// Unset: <c>genailab/preferences.db</c> in the user's data folder.
/// </summary>
public static class PreferencesConnection
{
    /// <summary>The configuration key.</summary>
    public const string Key = "Preferences:ConnectionString";

    /// <summary>
    /// The configuration key that says whose preferences a caller has who shows no API key: a tenant of the keys.
    /// Unset: those that were recorded without a key.
    /// </summary>
    public const string TenantKey = "Preferences:Tenant";

    /// <summary>The same connection with a full path, for a service that runs in another folder.</summary>
    /// <param name="connection">What the user wrote.</param>
    /// <param name="folder">The folder to which a relative path belongs.</param>
    public static string Absolute(string connection, string folder)
    {
        if (IsPostgres(connection))
        {
            return connection;
        }

        try
        {
            var (path, mode) = SqliteFile(connection, folder);
            return new SqliteConnectionStringBuilder { DataSource = path, Mode = mode }.ToString();
        }
        catch (StoreException)
        {
            // The service says what is wrong with it.
            return connection;
        }
    }

    /// <summary>The default file.</summary>
    /// <returns>A full path; null where the user has no data folder.</returns>
    public static string? DefaultFile() =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } data
            ? Path.Combine(data, "genailab", "preferences.db")
            : null;

    /// <exception cref="StoreException">It names no database that could be used.</exception>
    internal static PreferenceDatabase Open(string? connection, string contentRoot, string? modelsRoot)
    {
        if (string.IsNullOrWhiteSpace(connection))
        {
            return new SqliteDatabase(DefaultFile() ?? throw StoreException.Lasting($"the user has no data folder; name a file by {Key}"));
        }

        if (IsPostgres(connection))
        {
            return new PostgresDatabase(PostgresSettings(connection));
        }

        var (path, mode) = SqliteFile(connection, contentRoot);
        if (modelsRoot is not null && IsInside(path, modelsRoot))
        {
            throw StoreException.Lasting($"{Key} names a file in the models folder; models are read and replaced as a whole: choose another folder");
        }

        return new SqliteDatabase(path, mode);
    }

    /// <summary>The models folder, if there is one.</summary>
    internal static string? ModelsFolder(IConfiguration configuration, string contentRoot)
    {
        try
        {
            return ModelsRoot.Find(configuration["Models:Root"], contentRoot);
        }
        catch (ModelFolderException)
        {
            return null;
        }
    }

    private static bool IsPostgres(string connection) =>
        connection.StartsWith("Host=", StringComparison.OrdinalIgnoreCase) || PostgresUri.IsOne(connection);

    private static bool IsInside(string path, string folder) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static NpgsqlConnectionStringBuilder PostgresSettings(string connection)
    {
        try
        {
            var settings = PostgresUri.IsOne(connection) ? PostgresUri.Parse(connection) : new NpgsqlConnectionStringBuilder(connection);
            settings.ApplicationName ??= "genailab-preferences";
            // Values of a caller must not come back in an error, nor get into a log.
            settings.IncludeErrorDetail = false;
            settings.LogParameters = false;
            return settings;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException)
        {
            // The parser's own words may hold a piece of the password.
            throw StoreException.Lasting($"{Key} is no connection string of PostgreSQL" + (error is FormatException && PostgresUri.IsOne(connection) ? $": {error.Message}" : ""));
        }
    }

    private static (string Path, SqliteOpenMode Mode) SqliteFile(string connection, string contentRoot)
    {
        var (file, mode) = (connection, SqliteOpenMode.ReadWriteCreate);
        if (connection.Contains('=', StringComparison.Ordinal))
        {
            try
            {
                var given = new DbConnectionStringBuilder { ConnectionString = connection };
                if (given.Keys.Cast<string>().Any(static key => key is not ("data source" or "datasource" or "filename" or "mode")))
                {
                    throw StoreException.Lasting($"{Key} takes Data Source and Mode for SQLite, and nothing else");
                }

                var settings = new SqliteConnectionStringBuilder(connection);
                (file, mode) = (settings.DataSource, settings.Mode);
            }
            catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException)
            {
                throw StoreException.Lasting($"{Key} is no connection string of SQLite: give a file's path or Data Source=PATH");
            }
        }

        return mode == SqliteOpenMode.Memory || file.Length == 0 || file.StartsWith(':') || file.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
            ? throw StoreException.Lasting($"{Key} names no file, and what is not in a file is not kept")
            : (Path.GetFullPath(file, Path.GetFullPath(contentRoot)), mode);
    }
}
