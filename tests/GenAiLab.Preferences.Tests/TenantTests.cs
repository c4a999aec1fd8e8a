using GenAiLab.Preferences.Storage;
using GenAiLab.Security.ApiKeys;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace GenAiLab.Preferences.Tests;

public sealed class SqliteTenantTests : TenantTests
{
    protected override Task<string> NewDatabaseAsync() => Task.FromResult(Folder.File("preferences.db"));

    protected override System.Data.Common.DbConnection Open(string connection) => new SqliteConnection($"Data Source={connection};Pooling=False");
}

public sealed class PostgresTenantTests(PostgresCluster cluster) : TenantTests
{
    protected override Task<string> NewDatabaseAsync() => cluster.CreateDatabaseAsync();

    protected override System.Data.Common.DbConnection Open(string connection) => new NpgsqlConnection(connection);
}

/// <summary>Tenants that share a service, on every database.</summary>
public abstract class TenantTests : IDisposable
{
    internal TemporaryFolder Folder { get; } = new();

    private string KeyFile => Folder.File("keys.json");

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_tenant_sees_counts_and_deletes_its_own_and_its_ids_are_its_own()
    {
        var (first, alike, other) = (Key("first"), Key("first"), Key("other"));
        await using var host = await PreferencesHost.StartAsync(await NewDatabaseAsync(), ("ApiKeys:File", KeyFile));
        var (one, same, two) = (host.ClientOf(first), host.ClientOf(alike), host.ClientOf(other));
        var mine = (await one.RecordPreferenceAsync(Calls.Request("a secret", id: "1"), PreferencesHost.Options())).Preference;
        await one.RecordPreferenceAsync(Calls.Request(id: "2"), PreferencesHost.Options());

        // An id that the first has used is free, so that nobody learns by an error what others have recorded.
        var theirs = await two.RecordPreferenceAsync(Calls.Request("another", rater: "bob", id: "1"), PreferencesHost.Options());
        Assert.False(theirs.AlreadyRecorded);
        var imported = await two.ImportAsync(Calls.Preference("2", Calls.Day(1)), Calls.Preference("3", Calls.Day(2)));
        Assert.Equal((2, 0), (imported.Imported, imported.Duplicates));

        Assert.Equal(["1", "2"], Ids(await one.ExportAsync()));
        Assert.Equal(["2", "3", "1"], Ids(await two.ExportAsync()));
        Assert.Equal((2, 3), (await same.CountAsync(), await two.CountAsync()));
        var counts = await one.CountPreferencesAsync(new CountPreferencesRequest(), PreferencesHost.Options());
        Assert.Equal(["ada"], counts.ByRater.Select(static count => count.Rater));
        Assert.Empty((await one.ListPreferencesAsync(new ListPreferencesRequest { Rater = "bob" }, PreferencesHost.Options())).Preferences);
        var page = await one.ListPreferencesAsync(new ListPreferencesRequest { PageSize = 1 }, PreferencesHost.Options());
        Assert.Equal(["2"], Ids(page.Preferences));
        // A token says where to go on, not in whose preferences.
        var rest = await two.ListPreferencesAsync(new ListPreferencesRequest { PageToken = page.NextPageToken }, PreferencesHost.Options());
        Assert.Equal(["3", "2"], Ids(rest.Preferences));

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await one.DeletePreferenceAsync(new DeletePreferenceRequest { Id = "3" }, PreferencesHost.Options()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        await two.DeletePreferenceAsync(new DeletePreferenceRequest { Id = "1" }, PreferencesHost.Options());
        Assert.Equal(mine, (await one.ExportAsync())[0]);
    }

    [Fact]
    public async Task Callers_without_a_key_have_their_own_or_those_of_the_tenant_that_was_set()
    {
        var database = await NewDatabaseAsync();
        var key = Key("first");
        await using (var open = await PreferencesHost.StartAsync(database))
        {
            await open.RecordAsync(Calls.Request(id: "open"));
        }

        await using (var guarded = await PreferencesHost.StartAsync(database, ("ApiKeys:File", KeyFile)))
        {
            Assert.Empty(await guarded.ClientOf(key).ExportAsync());
            await guarded.ClientOf(key).RecordPreferenceAsync(Calls.Request(id: "guarded"), PreferencesHost.Options());
        }

        await using (var open = await PreferencesHost.StartAsync(database))
        {
            Assert.Equal(["open"], Ids(await open.Client.ExportAsync()));
        }

        await using (var first = await PreferencesHost.StartAsync(database, ("Preferences:Tenant", "first")))
        {
            Assert.Equal(["guarded"], Ids(await first.Client.ExportAsync()));
        }

        await using var misspelt = await PreferencesHost.StartAsync(database, ("Preferences:Tenant", "a/b"));
        var error = await Assert.ThrowsAsync<RpcException>(() => misspelt.CountAsync());
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.StartsWith("Preferences:Tenant must be", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_from_before_there_were_tenants_keeps_what_it_holds()
    {
        var database = await NewDatabaseAsync();
        var postgres = this is PostgresTenantTests;
        var (text, bytes) = postgres ? ("TEXT COLLATE \"C\"", "BYTEA") : ("TEXT", "BLOB");
        var blob = postgres ? "'\\x596573'" : "X'596573'";
        await using (var connection = Open(database))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            // As the first release made it.
            await connection.ExecuteAsync(
                $$"""
                CREATE TABLE preferences_schema (version INTEGER NOT NULL PRIMARY KEY);
                INSERT INTO preferences_schema (version) VALUES (1);
                CREATE TABLE preferences (
                    id {{text}} NOT NULL,
                    time_microseconds BIGINT NOT NULL,
                    rater {{text}} NOT NULL,
                    preferred INTEGER NOT NULL CHECK (preferred BETWEEN 1 AND 3),
                    prompt {{text}} NOT NULL,
                    answer_a {{bytes}} NOT NULL,
                    model_a {{text}} NOT NULL,
                    answer_b {{bytes}} NOT NULL,
                    model_b {{text}} NOT NULL, PRIMARY KEY (id));
                CREATE INDEX preferences_by_time ON preferences (time_microseconds, id);
                CREATE INDEX preferences_by_rater ON preferences (rater, time_microseconds, id);
                INSERT INTO preferences VALUES ('old', 1704110400000000, 'ada', 2, '[{"role":"user","content":"Is it?"}]', {{blob}}, 'lab-chat', {{blob}}, 'lab-sft');
                """,
                TestContext.Current.CancellationToken);
        }

        await using var host = await PreferencesHost.StartAsync(database);
        var again = new RecordPreferenceRequest
        {
            Id = "old",
            Prompt = { new ChatMessage { Role = "user", Content = "Is it?" } },
            AnswerA = new ModelAnswer { Text = "Yes", Model = "lab-chat" },
            AnswerB = new ModelAnswer { Text = "Yes", Model = "lab-sft" },
            Preferred = PreferredAnswer.B,
            Rater = "ada",
        };
        var response = await host.Client.RecordPreferenceAsync(again, PreferencesHost.Options());

        Assert.True(response.AlreadyRecorded);
        Assert.Equal(Calls.Day(1), response.Preference.Time.ToDateTimeOffset());
        await host.RecordAsync(Calls.Request(id: "new"));
        Assert.Equal(["new", "old"], await host.ListAsync(new ListPreferencesRequest { PageSize = 1 }));
    }

    protected abstract Task<string> NewDatabaseAsync();

    protected abstract System.Data.Common.DbConnection Open(string connection);

    private static IEnumerable<string> Ids(IEnumerable<Preference> preferences) => preferences.Select(static preference => preference.Id);

    private string Key(string tenant)
    {
        var (text, kept) = ApiKey.Create(new HashSet<string> { ApiScopes.Preferences }, 1_000, tenant);
        ApiKeyFile.Change(new("file", KeyFile), keys => keys.Append(kept));
        return text;
    }
}
