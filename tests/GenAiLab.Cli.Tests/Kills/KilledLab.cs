using System.Diagnostics;

namespace GenAiLab.Cli.Tests.Kills;

/// <summary>How a run of <c>lab</c> ended.</summary>
/// <param name="WasKilled">Whether it was killed before it ended.</param>
/// <param name="Changes">How many changes of the watched folder were seen until then.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Error">What it wrote to standard error.</param>
internal sealed record KilledRun(bool WasKilled, int Changes, int ExitCode, string Error);

/// <summary><c>lab</c> as a process of its own, killed (SIGKILL) when it has changed something in a folder so many times.</summary>
internal static class KilledLab
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs a command.</summary>
    /// <param name="watched">The folder, with all that is in it.</param>
    /// <param name="killAt">Which change the process does not outlive; null: it may end.</param>
    /// <param name="arguments">Of <c>lab</c>.</param>
    public static async Task<KilledRun> RunAsync(string watched, int? killAt, params string[] arguments)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "lab.dll"), .. arguments])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            },
        };
        var (changes, killed, over) = (0, false, false);
        var turn = new Lock();
        using var watcher = new FileSystemWatcher(watched) { IncludeSubdirectories = true, InternalBufferSize = 1 << 16 };
        watcher.Created += Count;
        watcher.Changed += Count;
        watcher.Deleted += Count;
        watcher.Renamed += Count;
        process.Start();
        watcher.EnableRaisingEvents = true;
        await using var end = cancellation.Register(process.Kill);
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation).WaitAsync(Patience, cancellation);
        await output.WaitAsync(Patience, cancellation);
        var message = await error.WaitAsync(Patience, cancellation);
        lock (turn)
        {
            over = true;
            return new KilledRun(killed && process.ExitCode != 0, changes, process.ExitCode, message);
        }

        void Count(object sender, FileSystemEventArgs change)
        {
            lock (turn)
            {
                if (!over && ++changes == killAt)
                {
                    process.Kill();
                    killed = true;
                }
            }
        }
    }
}
