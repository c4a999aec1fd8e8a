namespace GenAiLab.Models.Folders;

/// <summary>Files that are either whole or not there: written beside their place, flushed to disk, renamed.</summary>
public static class AtomicFile
{
    private const string Suffix = ".tmp";

    /// <summary>Writes a file through <paramref name="write"/>; what stood at <paramref name="path"/> stays until all is on disk.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $"{Prefix(path)}{Guid.NewGuid():N}{Suffix}");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            FolderFlush.ToDisk(folder);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>The same for a file whose content comes over time.</summary>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $"{Prefix(path)}{Guid.NewGuid():N}{Suffix}");
        try
        {
            await using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                await write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            FolderFlush.ToDisk(folder);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Removes what processes that were killed had written of a file. For a file that one process writes at a time.</summary>
    public static void RemoveUnfinished(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && Directory.Exists(folder))
        {
            foreach (var file in Directory.GetFiles(folder).Where(file => IsUnfinished(Path.GetFileName(file), Prefix(path))))
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>Writes a text file in UTF-8.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    private static bool IsUnfinished(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
        && name.Length > prefix.Length + Suffix.Length && Guid.TryParseExact(name[prefix.Length..^Suffix.Length], "N", out _);

    private static string Prefix(string path) => $".{Path.GetFileName(path)}.";
}
