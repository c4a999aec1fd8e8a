namespace GenAiLab.Security;

/// <summary>Files of secrets: whole or not there, and its owner's alone from the first byte on.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a file with mode 0600 beside its place, flushes it to disk and renames it.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content) => Write(path, content, OwnerOnly);

    /// <summary>The same with mode 0644, for what is no secret: certificates.</summary>
    public static void WritePublic(string path, ReadOnlySpan<byte> content) => Write(path, content, Readable);

    private static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
