using System.Diagnostics;

namespace GenAiLab.EndToEnd;

/// <summary>Runs the <c>lab</c> command that was built with these tests.</summary>
internal static class Lab
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(2);

    static Lab() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(Path.GetDirectoryName(Preferences)!, recursive: true);

    public static string Repository { get; } = FindRepository();

    /// <summary>The database of preferences of this test run.</summary>
    public static string Preferences { get; } = Path.Combine(Directory.CreateTempSubdirectory("lab-preferences-").FullName, "preferences.db");

    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "lab.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Not the user's own preferences.
        start.Environment["Preferences__ConnectionString"] = Preferences;
        return start;
    }

    /// <summary>Runs a command to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) => RunAsync(StartInfo(arguments));

    /// <param name="start">What to run.</param>
    /// <param name="input">What is piped into it; null: nothing is.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(ProcessStartInfo start, string? input = null)
    {
        start.RedirectStandardInput = input is not null;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(CommandLimit);
        try
        {
            if (input is not null)
            {
                await WriteAsync(process.StandardInput, input, limit.Token);
            }

            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await errors);
    }

    private static async Task WriteAsync(StreamWriter target, string input, CancellationToken cancellation)
    {
        try
        {
            await target.WriteAsync(input.AsMemory(), cancellation);
            target.Close();
        }
        catch (IOException)
        {
            // It ended without reading everything; its exit code tells why.
        }
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenAiLab.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("the tests run from within the repository");
    }
}
