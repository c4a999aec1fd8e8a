using System.Diagnostics;

namespace GenAiLab.Benchmarks.LlamaCpp;

/// <summary>llama.cpp's prebuilt libraries, from the npm package of node-llama-cpp.</summary>
public static class LlamaLibraries
{
    private const string Package = "@node-llama-cpp/linux-x64@3.22.1";

    /// <summary>The folder of the libraries; fetched once.</summary>
    /// <exception cref="IOException">npm is absent or failed.</exception>
    public static async Task<string> FetchAsync(string work, CancellationToken cancellation)
    {
        var folder = Path.Combine(work, "npm", "node_modules", "@node-llama-cpp", "linux-x64", "bins", "linux-x64");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        try
        {
            var start = new ProcessStartInfo("npm") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (string[])["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", Path.Combine(work, "npm"), Package])
            {
                start.ArgumentList.Add(argument);
            }

            using var npm = Process.Start(start)!;
            var errors = npm.StandardError.ReadToEndAsync(cancellation);
            await npm.StandardOutput.ReadToEndAsync(cancellation);
            await npm.WaitForExitAsync(cancellation);
            return Directory.Exists(folder) ? folder : throw new IOException($"npm could not install {Package}: {(await errors).Trim()}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new IOException("llama.cpp comes through npm, which is not there; install Node.js, or give --llama-libraries or --peer none");
        }
    }
}
