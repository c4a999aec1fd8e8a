using System.Diagnostics;
using Npgsql;

[assembly: AssemblyFixture(typeof(GenAiLab.Preferences.Tests.PostgresCluster))]

namespace GenAiLab.Preferences.Tests;

/// <summary>A PostgreSQL server of these tests' own: a new cluster in a temporary folder, reached by a Unix socket.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    public const string Missing = "needs PostgreSQL's server programs (apt-get install postgresql)";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pg-");
    private Process? _server;
    private int _databases;

    public bool IsAvailable => _server is not null;

    /// <summary>Makes an empty database and gives its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        Assert.SkipUnless(IsAvailable, Missing);
        var name = $"preferences{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(Connection("postgres"), $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        return Connection(name);
    }

    public string Connection(string database) => $"Host={_folder.FullName};Username=lab;Database={database}";

    public static async Task<object?> ExecuteAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask InitializeAsync()
    {
        if (Programs() is not { } programs)
        {
            return;
        }

        if (Environment.IsPrivilegedProcess)
        {
            // The server refuses to run as root.
            await RunAsync("chown", "nobody", _folder.FullName);
        }

        var data = Path.Combine(_folder.FullName, "data");
        await RunAsync(Path.Combine(programs, "initdb"), "-D", data, "-U", "lab", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync");
        _server = Process.Start(StartInfo(
            Path.Combine(programs, "postgres"), "-D", data, "-k", _folder.FullName, "-c", "listen_addresses=", "-c", "fsync=off"))!;
        _server.OutputDataReceived += static (_, _) => { };
        _server.ErrorDataReceived += static (_, _) => { };
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                await ExecuteAsync(Connection("postgres"), "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (watch.Elapsed < Patience && !_server.HasExited)
            {
                // Not listening yet.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            // SIGINT: the fast shutdown.
            await RunAsync("kill", "-INT", $"{_server.Id}");
            await _server.WaitForExitAsync().WaitAsync(Patience);
            _server.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private static string? Programs()
    {
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(static version => Path.Combine(version, "bin"))
            : [];
        return installed.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
            .FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private ProcessStartInfo StartInfo(string program, params string[] arguments)
    {
        var drop = Environment.IsPrivilegedProcess && Path.IsPathRooted(program);
        var start = new ProcessStartInfo(drop ? "setpriv" : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        foreach (var argument in (string[])[.. drop ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups", program] : Array.Empty<string>(), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(StartInfo(program, arguments))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(process.ExitCode == 0, $"{program}: {await output}{await errors}");
    }
}
