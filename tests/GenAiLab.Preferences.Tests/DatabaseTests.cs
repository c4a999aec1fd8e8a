using GenAiLab.Client;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Preferences.Tests;

public sealed class SqliteTests : DatabaseTests
{
    private readonly TemporaryFolder _folder = new();
    private int _files;

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return base.DisposeAsync();
    }

    protected override Task<string> NewDatabaseAsync() => Task.FromResult(_folder.File($"preferences{Interlocked.Increment(ref _files)}.db"));
}

public sealed class PostgresTests(PostgresCluster cluster) : DatabaseTests
{
    protected override Task<string> NewDatabaseAsync() => cluster.CreateDatabaseAsync();

    [Fact]
    public async Task What_SQLite_exports_PostgreSQL_imports_and_exports_to_the_byte()
    {
        using var folder = new TemporaryFolder();
        await using var sqlite = await PreferencesHost.StartAsync(folder.File("preferences.db"));
        await using var postgres = await PreferencesHost.StartAsync(await NewDatabaseAsync());
        await FillAsync(sqlite);
        var exported = await sqlite.ExportLinesAsync();

        await postgres.ImportLinesAsync(exported);

        Assert.Equal(exported, await postgres.ExportLinesAsync());
        foreach (var order in new[] { PreferenceOrder.NewestFirst, PreferenceOrder.OldestFirst })
        {
            var request = new ListPreferencesRequest { Order = order, PageSize = 3 };
            Assert.Equal(await sqlite.ListAsync(request.Clone()), await postgres.ListAsync(request.Clone()));
        }

        Assert.Equal(
            await sqlite.Client.CountPreferencesAsync(new CountPreferencesRequest(), PreferencesHost.Options()),
            await postgres.Client.CountPreferencesAsync(new CountPreferencesRequest(), PreferencesHost.Options()));
    }
}

/// <summary>What the contract promises, on every database.</summary>
public abstract class DatabaseTests : IAsyncDisposable
{
    private const int Writers = 32;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_preference_comes_back_as_it_was_given_with_the_servers_time()
    {
        await using var host = await StartAsync();
        var request = Calls.Request("Nul \0, \u2028, 😀, combining e\u0301, العربية, <|end|>, \"quoted\" and \\ and\r\n", rater: "Zoë 😀");
        request.AnswerA.Text = "\0";
        request.AnswerB.Text = "";
        request.AnswerB.Model = "";
        var before = DateTime.UtcNow.AddMilliseconds(-1);

        var recorded = await host.RecordAsync(request);

        Assert.InRange(recorded.Time.ToDateTime(), before, DateTime.UtcNow);
        Assert.NotEmpty(recorded.Id);
        Assert.Equal(
            (request.Prompt, request.AnswerA, request.AnswerB, request.Preferred, request.Rater),
            (recorded.Prompt, recorded.AnswerA, recorded.AnswerB, recorded.Preferred, recorded.Rater));
        Assert.Equal([recorded], await host.Client.ExportAsync());
        Assert.Equal([recorded.Id], await host.ListAsync(new ListPreferencesRequest { Rater = "Zoë 😀" }));
        Assert.DoesNotContain("العربية", host.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_changes_nothing_and_another_content_is_refused()
    {
        await using var host = await StartAsync();
        var first = await host.Client.RecordPreferenceAsync(Calls.Request(id: "mine:1"), PreferencesHost.Options());

        var retried = await host.Client.RecordPreferenceAsync(Calls.Request(id: "mine:1"), PreferencesHost.Options());

        Assert.Equal((false, true), (first.AlreadyRecorded, retried.AlreadyRecorded));
        Assert.Equal(first.Preference, retried.Preference);
        var other = Calls.Request(id: "mine:1");
        other.Preferred = PreferredAnswer.Tie;
        await RefusedAsync(StatusCode.AlreadyExists, "mine:1", () => host.RecordAsync(other));
        Assert.Equal([first.Preference], await host.Client.ExportAsync());
    }

    [Fact]
    public async Task Writers_at_once_lose_nothing_and_one_id_is_stored_once()
    {
        await using var host = await StartAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            for (var number = 0; number < 10; number++)
            {
                await host.RecordAsync(Calls.Request(id: $"{writer}-{number}", rater: $"rater {writer}"));
            }

            return await host.Client.RecordPreferenceAsync(Calls.Request(id: "shared"), PreferencesHost.Options());
        }));

        Assert.Single(outcomes, static outcome => !outcome.AlreadyRecorded);
        Assert.Single(outcomes.Select(static outcome => outcome.Preference).Distinct());
        var counts = await host.Client.CountPreferencesAsync(new CountPreferencesRequest(), PreferencesHost.Options());
        Assert.Equal((161, 17), (counts.Preferences, counts.Raters));
        Assert.All(counts.ByRater.Take(16), static count => Assert.Equal(10, count.Preferences));
    }

    [Theory]
    [InlineData(PreferenceOrder.NewestFirst)]
    [InlineData(PreferenceOrder.OldestFirst)]
    public async Task Pages_show_everything_once_while_others_record(PreferenceOrder order)
    {
        await using var host = await StartAsync();
        var ids = new List<string>();
        for (var number = 0; number < 25; number++)
        {
            ids.Add((await host.RecordAsync(Calls.Request($"question {number}"))).Id);
        }

        var listed = await host.ListAsync(
            new ListPreferencesRequest { Order = order, PageSize = 10 }, page => host.RecordAsync(Calls.Request($"meanwhile {page}")));

        var expected = order == PreferenceOrder.OldestFirst ? ids : ids.AsEnumerable().Reverse();
        Assert.Equal(expected, listed.Where(ids.Contains));
        Assert.Equal(listed.Count, listed.Distinct().Count());
    }

    [Fact]
    public async Task Records_of_one_moment_are_paged_by_id()
    {
        await using var host = await StartAsync();
        var ids = Enumerable.Range(0, 12).Select(static number => $"{(number % 2 == 0 ? 'a' : 'B')}{number.Number()}").ToList();
        await host.ImportAsync(ids.Select(static id => Calls.Preference(id, Calls.Day(1))));

        var listed = await host.ListAsync(new ListPreferencesRequest { Order = PreferenceOrder.OldestFirst, PageSize = 5 });

        Assert.Equal(ids.Order(StringComparer.Ordinal), listed);
    }

    [Fact]
    public async Task A_token_of_another_listing_is_refused()
    {
        await using var host = await StartAsync();
        await host.ImportAsync(Calls.Preference("a", Calls.Day(1)), Calls.Preference("b", Calls.Day(2)));
        var page = await host.Client.ListPreferencesAsync(new ListPreferencesRequest { PageSize = 1 }, PreferencesHost.Options());

        foreach (var request in new[]
        {
            new ListPreferencesRequest { PageToken = page.NextPageToken, Order = PreferenceOrder.OldestFirst },
            new ListPreferencesRequest { PageToken = page.NextPageToken, Rater = "ada" },
            new ListPreferencesRequest { PageToken = "not a token" },
            new ListPreferencesRequest { PageToken = page.NextPageToken[1..] },
        })
        {
            await RefusedAsync(StatusCode.InvalidArgument, "page_token", () => host.ListAsync(request));
        }

        await RefusedAsync(StatusCode.InvalidArgument, "page_size", () => host.ListAsync(new ListPreferencesRequest { PageSize = 101 }));
        await RefusedAsync(StatusCode.InvalidArgument, "page_size", () => host.ListAsync(new ListPreferencesRequest { PageSize = -1 }));
    }

    [Fact]
    public async Task Records_of_the_largest_size_are_stored_and_fit_into_a_message()
    {
        await using var host = await StartAsync();
        for (var number = 0; number < 30; number++)
        {
            var request = Calls.Request(new string('p', PreferenceChecks.MaximumPromptBytes - "user".Length), id: number.Number());
            request.AnswerA.Text = new string('a', PreferenceChecks.MaximumAnswerBytes);
            request.AnswerB.Text = new string('\0', PreferenceChecks.MaximumAnswerBytes);
            await host.RecordAsync(request);
        }

        var listed = await host.ListAsync(new ListPreferencesRequest { PageSize = 100, Order = PreferenceOrder.OldestFirst });

        Assert.Equal(Enumerable.Range(0, 30).Select(Calls.Number), listed);
        Assert.Equal(30, (await host.Client.ExportAsync()).Count);
    }

    [Fact]
    public async Task Counts_are_by_rater_and_know_ties()
    {
        await using var host = await StartAsync();
        await FillAsync(host);

        var all = await host.Client.CountPreferencesAsync(new CountPreferencesRequest(), PreferencesHost.Options());
        var bob = await host.Client.CountPreferencesAsync(new CountPreferencesRequest { Rater = "bob" }, PreferencesHost.Options());

        Assert.Equal((7, 2, 2), (all.Preferences, all.Ties, all.Raters));
        Assert.Equal(new RaterCount { Rater = "Ada", Preferences = 5, Ties = 1 }, all.ByRater[0]);
        Assert.Equal(new RaterCount { Rater = "bob", Preferences = 2, Ties = 1 }, Assert.Single(bob.ByRater));
    }

    [Fact]
    public async Task A_deleted_preference_is_gone()
    {
        await using var host = await StartAsync();
        await host.RecordAsync(Calls.Request(id: "a"));
        await host.RecordAsync(Calls.Request(id: "b"));

        await host.Client.DeletePreferenceAsync(new DeletePreferenceRequest { Id = "a" }, PreferencesHost.Options());

        Assert.Equal(["b"], await host.ListAsync(new ListPreferencesRequest()));
        await RefusedAsync(StatusCode.NotFound, "'a'", async () => await host.Client.DeletePreferenceAsync(new DeletePreferenceRequest { Id = "a" }, PreferencesHost.Options()));
    }

    [Fact]
    public async Task An_import_is_all_or_nothing_and_counts_what_was_there()
    {
        await using var host = await StartAsync();
        await host.ImportAsync(Calls.Preference("a", Calls.Day(1)));
        var wrong = Calls.Preference("e", Calls.Day(5));
        wrong.AnswerA.Text = new string('a', PreferenceChecks.MaximumAnswerBytes + 1);
        var conflict = Calls.Preference("a", Calls.Day(1));
        conflict.Rater = "someone else";
        var twice = Calls.Preference("b", Calls.Day(2));
        twice.AnswerB.Model = "another";

        await RefusedAsync(StatusCode.InvalidArgument, "record[3].answer_a.text", () => host.ImportAsync(Calls.Preference("b", Calls.Day(2)), Calls.Preference("c", Calls.Day(3)), wrong));
        await RefusedAsync(StatusCode.AlreadyExists, "record[2].id: 'a'", () => host.ImportAsync(Calls.Preference("b", Calls.Day(2)), conflict));
        await RefusedAsync(StatusCode.AlreadyExists, "record[2].id: 'b'", () => host.ImportAsync(Calls.Preference("b", Calls.Day(2)), twice));
        Assert.Equal(["a"], await host.ListAsync(new ListPreferencesRequest()));

        var outcome = await host.ImportAsync(
            Calls.Preference("a", Calls.Day(9)), Calls.Preference("b", Calls.Day(2)), Calls.Preference("b", Calls.Day(3)), Calls.Preference("c", Calls.Day(4)));

        Assert.Equal((2, 2), (outcome.Imported, outcome.Duplicates));
        Assert.Equal([1, 2, 4], (await host.Client.ExportAsync()).Select(static preference => preference.Time.ToDateTime().Day));
    }

    [Fact]
    public async Task An_import_that_is_left_stores_nothing_and_one_that_waits_holds_no_one_up()
    {
        await using var host = await StartAsync();
        using (var left = host.Client.ImportPreferences(PreferencesHost.Options()))
        {
            for (var number = 0; number < 10; number++)
            {
                await left.RequestStream.WriteAsync(new ImportPreferencesRequest { Preference = Calls.Preference($"left-{number}", Calls.Day(1)) }, TestContext.Current.CancellationToken);
            }
        }

        using var waiting = host.Client.ImportPreferences(PreferencesHost.Options());
        await waiting.RequestStream.WriteAsync(new ImportPreferencesRequest { Preference = Calls.Preference("waiting", Calls.Day(1)) }, TestContext.Current.CancellationToken);
        await host.RecordAsync(Calls.Request(id: "meanwhile"));
        Assert.Equal(["meanwhile"], await host.ListAsync(new ListPreferencesRequest()));

        await waiting.RequestStream.CompleteAsync();

        Assert.Equal(1, (await waiting.ResponseAsync).Imported);
        Assert.Equal(["waiting", "meanwhile"], await host.ListAsync(new ListPreferencesRequest { Order = PreferenceOrder.OldestFirst }));
    }

    [Fact]
    public async Task Exported_imported_and_exported_again_it_is_the_same_to_the_byte()
    {
        await using var host = await StartAsync();
        await FillAsync(host);
        var exported = await host.ExportLinesAsync();
        await using var empty = await StartAsync();

        var outcome = await empty.ImportLinesAsync(exported);

        Assert.Equal((7, 0), (outcome.Imported, outcome.Duplicates));
        Assert.Equal(exported, await empty.ExportLinesAsync());
        Assert.Equal(7, (await empty.ImportLinesAsync(exported)).Duplicates);
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_a_kill_in_the_middle_of_writing()
    {
        var database = await NewDatabaseAsync();
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<string>();
        for (var kill = 1; kill <= 2; kill++)
        {
            var (enough, round) = (200 * kill, kill);
            await using var service = await ServiceProcess.StartAsync(database);
            var writers = Enumerable.Range(0, Writers).Select(async writer =>
            {
                for (var number = 0; ; number++)
                {
                    try
                    {
                        var response = await service.Client.RecordPreferenceAsync(Calls.Request(id: $"{round}-{writer}-{number}"), PreferencesHost.Options());
                        acknowledged.Add(response.Preference.Id);
                    }
                    catch (RpcException)
                    {
                        return;
                    }

                    if (acknowledged.Count >= enough)
                    {
                        // At once: what was acknowledged a moment ago has no time left to reach the disk.
                        service.Kill();
                    }
                }
            }).ToArray();
            await Task.WhenAll(writers).WaitAsync(PreferencesHost.Patience, TestContext.Current.CancellationToken);
        }

        await using var restarted = await ServiceProcess.StartAsync(database);
        var stored = (await restarted.Client.ExportAsync()).Select(static preference => preference.Id).ToHashSet();

        Assert.Empty(acknowledged.Except(stored));
        // At most the one that each writer had under way was stored and not acknowledged.
        Assert.InRange(stored.Count, acknowledged.Count, acknowledged.Count + (2 * Writers));
        var retried = await restarted.Client.RecordPreferenceAsync(Calls.Request(id: acknowledged.First()), PreferencesHost.Options());
        Assert.True(retried.AlreadyRecorded);
    }

    protected static async Task RefusedAsync(StatusCode status, string named, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(status, error.StatusCode);
        Assert.Contains(named, error.Status.Detail, StringComparison.Ordinal);
        if (status == StatusCode.InvalidArgument)
        {
            Assert.Equal(named, Assert.Single(error.GetFieldViolations()).Field);
        }
    }

    /// <summary>Seven preferences by two raters, two of them ties, some of one moment, one before 1970.</summary>
    private protected static async Task FillAsync(PreferencesHost host)
    {
        for (var number = 0; number < 7; number++)
        {
            var preference = Calls.Preference($"{(number % 2 == 0 ? 'x' : 'Y')}{number}", number == 6 ? DateTimeOffset.UnixEpoch.AddTicks(-10) : Calls.Day(1 + (number / 2)));
            preference.Rater = number < 5 ? "Ada" : "bob";
            preference.Preferred = number is 0 or 5 ? PreferredAnswer.Tie : PreferredAnswer.B;
            preference.AnswerA.Text = $"\0 {number} 😀 \u2028\n";
            await host.ImportAsync(preference);
        }
    }

    protected abstract Task<string> NewDatabaseAsync();

    private async Task<PreferencesHost> StartAsync()
    {
        var host = await PreferencesHost.StartAsync(await NewDatabaseAsync());
        Assert.True(host.Readiness.IsReady, host.Readiness.Obstacle);
        return host;
    }
}
