using System.Diagnostics;
using GenAiLab.Preferences.Storage;
using GenAiLab.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Data.Sqlite;

namespace GenAiLab.Preferences.Tests;

/// <summary>A database that cannot be used: the service runs, says why, and serves once it is mended.</summary>
public sealed class ObstacleTests(PostgresCluster cluster) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string DatabaseFile => _folder.File("preferences.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_is_no_database_is_named_as_such_and_serving_begins_when_it_is_gone()
    {
        var content = new string('x', 8192);
        await File.WriteAllTextAsync(DatabaseFile, content, TestContext.Current.CancellationToken);
        await using var host = await PreferencesHost.StartAsync(DatabaseFile);

        await RefusedAsync(host, StatusCode.FailedPrecondition, "damaged");
        Assert.Equal(content, await File.ReadAllTextAsync(DatabaseFile, TestContext.Current.CancellationToken));
        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.NotServing,
            (await host.Health.CheckAsync(new HealthCheckRequest(), PreferencesHost.Options())).Status);

        File.Delete(DatabaseFile);
        using var watch = host.Health.Watch(new HealthCheckRequest(), PreferencesHost.Options());
        while (await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken)
            && watch.ResponseStream.Current.Status != HealthCheckResponse.Types.ServingStatus.Serving)
        {
        }

        await host.RecordAsync(Calls.Request());
    }

    [Fact]
    public async Task A_damaged_page_is_found_at_the_start()
    {
        await using (var host = await PreferencesHost.StartAsync(DatabaseFile))
        {
            for (var number = 0; number < 50; number++)
            {
                await host.RecordAsync(Calls.Request(new string('q', 2_000)));
            }
        }

        await using (var file = File.OpenWrite(DatabaseFile))
        {
            Assert.True(file.Length > 64 * 1024, $"{file.Length} bytes");
            file.Position = 16 * 1024;
            file.Write(Enumerable.Repeat((byte)0xA5, 32 * 1024).ToArray());
        }

        await using var damaged = await PreferencesHost.StartAsync(DatabaseFile);
        await RefusedAsync(damaged, StatusCode.FailedPrecondition, "damaged");
    }

    [Fact]
    public async Task A_file_that_was_cut_off_is_refused_and_kept_as_it_is()
    {
        await using (var host = await PreferencesHost.StartAsync(DatabaseFile))
        {
            for (var number = 0; number < 50; number++)
            {
                await host.RecordAsync(Calls.Request(new string('q', 2_000)));
            }
        }

        var left = (await File.ReadAllBytesAsync(DatabaseFile, TestContext.Current.CancellationToken))[..(40 * 1024)];
        await File.WriteAllBytesAsync(DatabaseFile, left, TestContext.Current.CancellationToken);

        await using (var host = await PreferencesHost.StartAsync(DatabaseFile))
        {
            await RefusedAsync(host, StatusCode.FailedPrecondition, "damaged");
        }

        Assert.Equal(left, await File.ReadAllBytesAsync(DatabaseFile, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_that_can_only_be_read_is_named_as_such()
    {
        await using (var host = await PreferencesHost.StartAsync(DatabaseFile))
        {
            await host.RecordAsync(Calls.Request());
        }

        File.SetUnixFileMode(DatabaseFile, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        try
        {
            await using var service = await ServiceProcess.StartAsync(DatabaseFile, heedsRights: true, serving: false);
            var error = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (true)
                {
                    try
                    {
                        await service.Client.RecordPreferenceAsync(Calls.Request(), PreferencesHost.Options());
                        return;
                    }
                    catch (RpcException opening) when (opening.StatusCode == StatusCode.Unavailable)
                    {
                        // It has not looked yet.
                    }
                }
            });
            Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
            Assert.Contains("can only be read", error.Status.Detail, StringComparison.Ordinal);
            Assert.DoesNotContain(_folder.Path, error.Status.Detail, StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(DatabaseFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        await using (var host = await PreferencesHost.StartAsync(DatabaseFile))
        {
            await host.RecordAsync(Calls.Request());
        }

        await using (var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await connection.ExecuteAsync("INSERT INTO preferences_schema (version) VALUES (99)", TestContext.Current.CancellationToken);
        }

        await using var older = await PreferencesHost.StartAsync(DatabaseFile);
        await RefusedAsync(older, StatusCode.FailedPrecondition, "schema 99");
    }

    [Fact]
    public async Task Another_program_that_holds_the_file_for_long_makes_it_unavailable_and_no_more()
    {
        await using var host = await PreferencesHost.StartAsync(DatabaseFile);
        await using (var connection = new SqliteConnection($"Data Source={DatabaseFile};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var transaction = connection.BeginTransaction(deferred: false);
            var error = await Assert.ThrowsAsync<RpcException>(() => host.RecordAsync(Calls.Request()));
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
            Assert.Contains("busy", error.Status.Detail, StringComparison.Ordinal);
            Assert.Equal(0, await host.CountAsync());
        }

        await host.RecordAsync(Calls.Request());
    }

    [Fact]
    public async Task Every_connection_waits_for_the_disk()
    {
        using var database = new SqliteDatabase(DatabaseFile);
        await database.PrepareAsync(TestContext.Current.CancellationToken);
        await using var connection = await database.ConnectAsync(TestContext.Current.CancellationToken);

        Assert.Equal("wal", await connection.ScalarAsync("PRAGMA journal_mode", TestContext.Current.CancellationToken));
        Assert.Equal(2L, await connection.ScalarAsync("PRAGMA synchronous", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_PostgreSQL_that_acknowledges_early_is_told_to_wait()
    {
        var connection = await cluster.CreateDatabaseAsync();
        using var database = new PostgresDatabase(new Npgsql.NpgsqlConnectionStringBuilder(connection) { Options = "-c synchronous_commit=off" });

        var setting = await database.WriteAsync(
            static open => open.ScalarAsync("SHOW synchronous_commit", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

        Assert.Equal("on", setting);
    }

    [Theory]
    [InlineData("Host=/no/such/folder;Username=lab;Password=sesame;Database=x", StatusCode.Unavailable, "cannot be reached")]
    [InlineData("Host=127.0.0.1;Port=notanumber;Password=sesame", StatusCode.FailedPrecondition, "no connection string of PostgreSQL")]
    [InlineData("postgresql://lab:sesame@host/x?colour=red", StatusCode.FailedPrecondition, "'colour' is not known")]
    [InlineData(":memory:", StatusCode.FailedPrecondition, "names no file")]
    [InlineData("Data Source=x.db;Mode=Memory", StatusCode.FailedPrecondition, "names no file")]
    [InlineData("Data Source=x.db;Password=sesame", StatusCode.FailedPrecondition, "and nothing else")]
    [InlineData("/dev/null/preferences.db", StatusCode.FailedPrecondition, "folder")]
    public async Task A_connection_that_leads_nowhere_is_explained_without_its_secrets(string connection, StatusCode status, string reason)
    {
        await using var host = await PreferencesHost.StartAsync(connection);

        await RefusedAsync(host, status, reason);
        Assert.DoesNotContain("sesame", host.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_PostgreSQL_database_that_is_not_there_is_explained()
    {
        Assert.SkipUnless(cluster.IsAvailable, PostgresCluster.Missing);
        await using var host = await PreferencesHost.StartAsync(cluster.Connection("no_such_database"));

        await RefusedAsync(host, StatusCode.FailedPrecondition, "no database of that name");
    }

    [Fact]
    public async Task Nothing_is_kept_in_the_models_folder()
    {
        var models = Directory.CreateDirectory(_folder.File("models")).FullName;
        await using var host = await PreferencesHost.StartAsync(Path.Combine(models, "preferences.db"), ("Models:Root", models));

        await RefusedAsync(host, StatusCode.FailedPrecondition, "models folder");
        Assert.Empty(Directory.EnumerateFileSystemEntries(models));
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_made_for_its_user_alone()
    {
        var file = Path.Combine(_folder.Path, "data", "preferences.db");
        await using var host = await PreferencesHost.StartAsync(file);

        await host.RecordAsync(Calls.Request());

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file)!));
    }

    private async Task RefusedAsync(PreferencesHost host, StatusCode status, string reason)
    {
        var watch = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<RpcException>(() => host.RecordAsync(Calls.Request()));
        Assert.True(watch.Elapsed < PreferencesHost.Patience / 2, "a call must not wait for the database to be mended");
        Assert.Equal(status, error.StatusCode);
        Assert.Contains(reason, error.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Path, error.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal((false, error.Status.Detail), (host.Readiness.IsReady, host.Readiness.Obstacle));
        // Bad input is bad input all the same.
        var bad = await Assert.ThrowsAsync<RpcException>(() => host.RecordAsync(new RecordPreferenceRequest()));
        Assert.Equal(StatusCode.InvalidArgument, bad.StatusCode);
    }
}
