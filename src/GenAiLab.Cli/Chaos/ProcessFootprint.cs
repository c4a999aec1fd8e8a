using System.Globalization;

namespace GenAiLab.Cli.Chaos;

/// <summary>What a process holds, from /proc; zeros where there is none.</summary>
/// <param name="ResidentBytes">Memory that is resident.</param>
/// <param name="Handles">Open file descriptors, sockets included.</param>
/// <param name="Sockets">Of them, sockets.</param>
/// <param name="Threads">Of the operating system.</param>
internal sealed record ProcessFootprint(long ResidentBytes, int Handles, int Sockets, int Threads)
{
    /// <summary>As it is now; null: there is no such process, or this system has no /proc.</summary>
    public static ProcessFootprint? Read(int process)
    {
        try
        {
            var handles = Directory.GetFileSystemEntries($"/proc/{process}/fd");
            var status = File.ReadLines($"/proc/{process}/status").ToList();
            return new ProcessFootprint(
                Field(status, "VmRSS:") * 1024, handles.Length, handles.Count(static handle => Target(handle).StartsWith("socket:", StringComparison.Ordinal)),
                (int)Field(status, "Threads:"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Field(List<string> status, string name) =>
        status.Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture))
            .FirstOrDefault();

    // It may have been closed since.
    private static string Target(string handle)
    {
        try
        {
            return new FileInfo(handle).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
