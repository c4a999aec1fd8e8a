using System.Data.Common;
using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;

namespace GenAiLab.Preferences.Storage;

/// <summary>What became of a preference that was to be recorded.</summary>
/// <param name="Stored">The one that is stored under the id.</param>
/// <param name="WasThere">It was stored before.</param>
/// <param name="IsOther">What was stored before has another content, and stays.</param>
internal sealed record RecordOutcome(Preference Stored, bool WasThere, bool IsOther);

/// <summary>A place between two preferences, in order of time and then of id.</summary>
internal readonly record struct PagePosition(long Microseconds, string Id);

/// <summary>A page and whether more follow.</summary>
internal sealed record PreferencePage(IReadOnlyList<Preference> Preferences, bool HasMore)
{
    /// <summary>Where the next page begins.</summary>
    public PagePosition End => new(PreferenceRow.Microseconds(Preferences[^1].Time), Preferences[^1].Id);
}

/// <summary>
/// The preferences of one tenant in a database that is open and migrated: no other's are read, counted, changed or
/// stand in the way of an id. Thread-safe; what it takes was checked before.
/// </summary>
/// <param name="database">Where they are.</param>
/// <param name="clock">Tells when one is recorded.</param>
/// <param name="tenant">Whose they are; empty: those of callers whom no key names.</param>
internal sealed class TenantPreferences(PreferenceDatabase database, TimeProvider clock, string tenant)
{
    /// <summary>A page ends when it has this many bytes: one answer over gRPC is at most 4 MiB.</summary>
    public const int PageBytes = 1024 * 1024;

    /// <summary>How many raters a count names.</summary>
    public const int MaximumRaters = 1_000;

    /// <summary>Stores a preference under its id and the present time, unless the id is taken.</summary>
    public Task<RecordOutcome> RecordAsync(Preference preference, CancellationToken cancellation) => database.WriteAsync(
        async connection =>
        {
            preference.Time = PreferenceRow.FromMicroseconds(PreferenceRow.Microseconds(Timestamp.FromDateTimeOffset(clock.GetUtcNow())));
            await using var insert = connection.Command(
                $"INSERT INTO preferences (tenant, {PreferenceRow.Columns}) VALUES (@tenant, {PreferenceRow.Values}) ON CONFLICT (tenant, id) DO NOTHING",
                ("@tenant", tenant));
            PreferenceRow.Bind(insert, preference);
            if (await insert.ExecuteNonQueryAsync(cancellation) == 1)
            {
                return new RecordOutcome(preference, WasThere: false, IsOther: false);
            }

            var stored = await FindAsync(connection, preference.Id, cancellation)
                ?? throw StoreException.Passing("a preference of this id is just being deleted; try again");
            preference.Time = stored.Time;
            return new RecordOutcome(stored, WasThere: true, IsOther: !stored.Equals(preference));
        },
        cancellation);

    /// <returns>False when there is none with this id.</returns>
    public Task<bool> DeleteAsync(string id, CancellationToken cancellation) => database.WriteAsync(
        async connection =>
        {
            await using var delete = connection.Command("DELETE FROM preferences WHERE tenant = @tenant AND id = @id", ("@tenant", tenant), ("@id", id));
            return await delete.ExecuteNonQueryAsync(cancellation) == 1;
        },
        cancellation);

    /// <summary>At most <paramref name="size"/> preferences from <paramref name="after"/> on.</summary>
    /// <param name="size">At least 1; fewer come where they are long.</param>
    /// <param name="newestFirst">The order.</param>
    /// <param name="rater">Only this one's; empty: everyone's.</param>
    /// <param name="after">Where the page before ended; null: the first page.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public Task<PreferencePage> PageAsync(int size, bool newestFirst, string rater, PagePosition? after, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var direction = newestFirst ? "DESC" : "ASC";
            var where = (rater.Length > 0 ? " AND rater = @rater" : "")
                + (after is null ? "" : $" AND (time_microseconds, id) {(newestFirst ? '<' : '>')} (@time, @id)");
            await using var select = connection.Command(
                $"SELECT {PreferenceRow.Columns} FROM preferences WHERE tenant = @tenant{where} ORDER BY time_microseconds {direction}, id {direction} LIMIT {size + 1}",
                ("@tenant", tenant));
            if (rater.Length > 0)
            {
                select.Set("@rater", rater);
            }

            if (after is { } position)
            {
                select.Set("@time", position.Microseconds);
                select.Set("@id", position.Id);
            }

            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var (page, bytes) = (new List<Preference>(), 0);
            while (await reader.ReadAsync(cancellation))
            {
                var preference = PreferenceRow.Read(reader);
                bytes += preference.CalculateSize();
                if (page.Count == size || (page.Count > 0 && bytes > PageBytes))
                {
                    return new PreferencePage(page, HasMore: true);
                }

                page.Add(preference);
            }

            return new PreferencePage(page, HasMore: false);
        },
        cancellation);

    /// <summary>How many there are, together and by rater.</summary>
    /// <param name="rater">Only this one's; empty: everyone's.</param>
    /// <param name="cancellation">Ends the counting.</param>
    public Task<CountPreferencesResponse> CountAsync(string rater, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            await using var select = connection.Command($"""
                SELECT rater, COUNT(*) AS preferences, SUM(CASE preferred WHEN {(int)PreferredAnswer.Tie} THEN 1 ELSE 0 END)
                FROM preferences WHERE tenant = @tenant AND (@rater = '' OR rater = @rater) GROUP BY rater ORDER BY preferences DESC, rater
                """, ("@tenant", tenant), ("@rater", rater));
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var counts = new CountPreferencesResponse();
            while (await reader.ReadAsync(cancellation))
            {
                var count = new RaterCount { Rater = reader.GetString(0), Preferences = reader.GetInt64(1), Ties = reader.GetInt64(2) };
                counts.Preferences += count.Preferences;
                counts.Ties += count.Ties;
                counts.Raters++;
                if (counts.ByRater.Count < MaximumRaters)
                {
                    counts.ByRater.Add(count);
                }
            }

            return counts;
        },
        cancellation);

    /// <summary>Begins an import; dispose it.</summary>
    public Task<PreferenceImport> ImportAsync(CancellationToken cancellation) => PreferenceImport.BeginAsync(database, tenant, cancellation);

    private async Task<Preference?> FindAsync(DbConnection connection, string id, CancellationToken cancellation)
    {
        await using var select = connection.Command($"SELECT {PreferenceRow.Columns} FROM preferences WHERE tenant = @tenant AND id = @id", ("@tenant", tenant), ("@id", id));
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? PreferenceRow.Read(reader) : null;
    }
}
