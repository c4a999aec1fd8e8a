using System.ComponentModel;
using System.Diagnostics;

namespace GenAiLab.Benchmarks;

/// <summary>The peers that come from npm, without running their install scripts.</summary>
internal static class Npm
{
    /// <summary>Runs npm in a folder.</summary>
    /// <param name="folder">Where package.json lies or will lie.</param>
    /// <param name="arguments">The verb and what it is about.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">npm is absent or failed.</exception>
    public static async Task RunAsync(string folder, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("npm") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Directory.CreateDirectory(folder).FullName };
        foreach (var argument in arguments.Concat(["--ignore-scripts", "--no-audit", "--no-fund"]))
        {
            start.ArgumentList.Add(argument);
        }

        using var npm = Start(start);
        try
        {
            var output = npm.StandardOutput.ReadToEndAsync(cancellation);
            var errors = await npm.StandardError.ReadToEndAsync(cancellation);
            await output;
            await npm.WaitForExitAsync(cancellation);
            if (npm.ExitCode != 0)
            {
                throw new IOException($"npm could not install the peer: {errors.Trim()}");
            }
        }
        finally
        {
            if (!npm.HasExited)
            {
                npm.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new IOException("the peer comes through npm, which is not there; install Node.js");
        }
    }
}
