using System.Data.Common;
using System.Globalization;

namespace GenAiLab.Preferences.Storage;

/// <summary>
/// The schema, as the steps that led to it. A step that was released is never changed; a new version is a
/// new step at the end. Each runs once, in order, all in one transaction.
/// </summary>
internal static class Migrations
{
    /// <summary>In order; version 1 is the first.</summary>
    // Answers are bytes (UTF-8) because text of PostgreSQL cannot hold U+0000, which a model can say; the prompt
    // is JSON, which spells it \u0000.
    private static readonly IReadOnlyList<Func<PreferenceDatabase, string>> Steps =
    [
        static database => $"""
            CREATE TABLE preferences ({Columns(database)}, PRIMARY KEY (id));
            CREATE INDEX preferences_by_time ON preferences (time_microseconds, id);
            CREATE INDEX preferences_by_rater ON preferences (rater, time_microseconds, id);
            """,
        // Rankings belong to tenants, and an id is the tenant's own. What was there belongs to callers without a key.
        // A new table, because SQLite cannot change a primary key; its indices get their names when the old are gone.
        static database => $"""
            CREATE TABLE preferences_of_tenants (tenant {database.TextType} NOT NULL, {Columns(database)}, PRIMARY KEY (tenant, id));
            INSERT INTO preferences_of_tenants (tenant, {PreferenceRow.Columns}) SELECT '', {PreferenceRow.Columns} FROM preferences;
            DROP TABLE preferences;
            ALTER TABLE preferences_of_tenants RENAME TO preferences;
            CREATE INDEX preferences_by_time ON preferences (tenant, time_microseconds, id);
            CREATE INDEX preferences_by_rater ON preferences (tenant, rater, time_microseconds, id);
            """,
    ];

    /// <summary>The columns of a preference; the staging table of an import has the same.</summary>
    public static string Columns(PreferenceDatabase database) => $"""
        id {database.TextType} NOT NULL,
        time_microseconds BIGINT NOT NULL,
        rater {database.TextType} NOT NULL,
        preferred INTEGER NOT NULL CHECK (preferred BETWEEN 1 AND 3),
        prompt {database.TextType} NOT NULL,
        answer_a {database.BytesType} NOT NULL,
        model_a {database.TextType} NOT NULL,
        answer_b {database.BytesType} NOT NULL,
        model_b {database.TextType} NOT NULL
        """;

    /// <summary>Brings the database to the newest version.</summary>
    /// <exception cref="StoreException">A newer program wrote it, or it cannot be written.</exception>
    public static Task<int> ApplyAsync(PreferenceDatabase database, CancellationToken cancellation) => database.WriteAsync(
        async connection =>
        {
            await database.LockMigrationsAsync(connection, cancellation);
            await connection.ExecuteAsync("CREATE TABLE IF NOT EXISTS preferences_schema (version INTEGER NOT NULL PRIMARY KEY)", cancellation);
            var version = await VersionAsync(connection, cancellation);
            if (version > Steps.Count)
            {
                throw StoreException.Lasting(
                    $"the database was written by a newer version of this service (schema {version}; this one knows {Steps.Count}): update the service");
            }

            for (; version < Steps.Count; version++)
            {
                await connection.ExecuteAsync(Steps[version](database), cancellation);
                await connection.ExecuteAsync($"INSERT INTO preferences_schema (version) VALUES ({version + 1})", cancellation);
            }

            return version;
        },
        cancellation);

    /// <summary>The version that the database has; 0 for an empty one.</summary>
    public static async Task<int> VersionAsync(DbConnection connection, CancellationToken cancellation) =>
        Convert.ToInt32(await connection.ScalarAsync("SELECT COALESCE(MAX(version), 0) FROM preferences_schema", cancellation), CultureInfo.InvariantCulture);
}
