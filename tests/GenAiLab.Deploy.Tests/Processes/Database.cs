using System.Diagnostics;

namespace GenAiLab.Deploy.Tests.Processes;

/// <summary>The PostgreSQL of compose, as a server of this machine in that network, with compose's user, database and password.</summary>
internal sealed class Database : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder;
    private readonly Process _server;

    private Database(DirectoryInfo folder, Process server) => (_folder, _server) = (folder, server);

    /// <summary>The folder of the server's programs; null where none is installed.</summary>
    public static string? Programs { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(static version => Path.Combine(version, "bin")).FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "initdb")))
        : null;

    public static async Task<Database> StartAsync(NetworkNamespace network, IReadOnlyDictionary<string, string> environment)
    {
        var folder = Directory.CreateTempSubdirectory("pg-");
        var password = Path.Combine(folder.FullName, "password");
        await File.WriteAllTextAsync(password, environment["POSTGRES_PASSWORD"]);
        await RunAsync("chown", "-R", "nobody", folder.FullName);
        var data = Path.Combine(folder.FullName, "data");
        string[] nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
        await RunAsync([
            .. nobody, Path.Combine(Programs!, "initdb"), "-D", data, "-U", environment["POSTGRES_USER"], "--pwfile", password,
            "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync"]);
        var server = Process.Start(Start([
            .. network.Enter, .. nobody, Path.Combine(Programs!, "postgres"), "-D", data, "-k", folder.FullName, "-c", "fsync=off"]))!;
        server.OutputDataReceived += static (_, _) => { };
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        var database = new Database(folder, server);
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(200))
        {
            try
            {
                await RunAsync(Path.Combine(Programs!, "createdb"), "-h", folder.FullName, "-U", environment["POSTGRES_USER"], environment["POSTGRES_DB"]);
                return database;
            }
            catch (InvalidOperationException) when (watch.Elapsed < Patience && !server.HasExited)
            {
                // Not listening yet.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // SIGINT: the fast shutdown.
        await RunAsync("kill", "-INT", $"{_server.Id}");
        await _server.WaitForExitAsync().WaitAsync(Patience);
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    private static ProcessStartInfo Start(params string[] command) => new(command[0], command[1..])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = "/",
    };

    private static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(Start(command))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)}: {await output}{await errors}");
        }
    }
}
