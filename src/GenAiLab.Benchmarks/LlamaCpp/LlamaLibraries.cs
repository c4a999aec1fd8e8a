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

        await Npm.RunAsync(Path.Combine(work, "npm"), ["install", "--prefix", ".", Package], cancellation);
        return Directory.Exists(folder) ? folder : throw new IOException($"{Package} holds no libraries for this machine; give --llama-libraries or --peer none");
    }
}
