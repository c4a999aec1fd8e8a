namespace GenAiLab.Models.Folders;

/// <summary>
/// A model folder that is written beside its place and takes the place when it is whole: whoever kills the process, at whatever
/// moment, leaves the old folder or the new one. Until then its name begins with a dot, so that nobody takes it for a model
/// (<see cref="ModelsRoot.Folders"/>). One owner.
/// </summary>
/// <remarks>
/// Linux exchanges the two folders in one step. Elsewhere, and on file systems that cannot, the old one is renamed, then the new
/// one: a kill between the two leaves neither in place, and <see cref="Recover"/> puts the old one back.
/// </remarks>
public sealed class StagedFolder : IDisposable
{
    // Locked while its process lives, which is how a folder that is being written differs from what a killed process left.
    private const string MarkName = ".writing";
    private const string OldSuffix = ".old";
    private readonly string _target;
    private readonly FileStream _mark;

    private StagedFolder(string target)
    {
        Recover(target);
        _target = Resolve(target);
        Path = System.IO.Path.Combine(Parent(_target), $".{System.IO.Path.GetFileName(_target)}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
        _mark = new FileStream(System.IO.Path.Combine(Path, MarkName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>An empty folder, to replace all that stands at <paramref name="target"/>.</summary>
    public static StagedFolder Empty(string target) => new(target);

    /// <summary>A copy of what stands at <paramref name="target"/>, if anything does: files that are not written anew survive.</summary>
    /// <param name="target">The model folder.</param>
    /// <param name="except">A folder that is left out; null: none.</param>
    public static StagedFolder CopyOf(string target, string? except = null)
    {
        var staged = new StagedFolder(target);
        try
        {
            if (Directory.Exists(staged._target))
            {
                Copy(new DirectoryInfo(staged._target), staged.Path, except is null ? null : Resolve(except));
            }

            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>Removes what killed processes left of their work on <paramref name="target"/>; puts the old folder back where none is in place.</summary>
    public static void Recover(string target)
    {
        target = Resolve(target);
        var (parent, prefix) = (Parent(target), $".{System.IO.Path.GetFileName(target)}.");
        if (!Directory.Exists(parent))
        {
            return;
        }

        foreach (var folder in Directory.GetDirectories(parent).Where(folder => IsLeft(System.IO.Path.GetFileName(folder), prefix)))
        {
            if (folder.EndsWith(OldSuffix, StringComparison.Ordinal) && !Directory.Exists(target))
            {
                Directory.Move(folder, target);
            }
            else if (!IsLocked(folder))
            {
                Remove(folder);
            }
        }
    }

    /// <summary>Puts the folder in its place, and removes the one that was there.</summary>
    public void Commit()
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(file => file != _mark.Name))
        {
            using var handle = File.OpenHandle(file, access: OperatingSystem.IsWindows() ? FileAccess.Write : FileAccess.Read, share: FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }

        _mark.Dispose();
        File.Delete(_mark.Name);
        if (!Directory.Exists(_target))
        {
            Directory.Move(Path, _target);
            return;
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, File.GetUnixFileMode(_target));
        }

        if (!FolderExchange.TryExchange(Path, _target))
        {
            MoveInto();
        }

        Remove(Path);
    }

    /// <summary>Removes what was written, unless it is in place.</summary>
    public void Dispose()
    {
        _mark.Dispose();
        Remove(Path);
    }

    // In two steps, for want of one.
    private void MoveInto()
    {
        var old = Path + OldSuffix;
        Directory.Move(_target, old);
        try
        {
            Directory.Move(Path, _target);
        }
        catch
        {
            Directory.Move(old, _target);
            throw;
        }

        Remove(old);
    }

    private static void Copy(DirectoryInfo source, string target, string? except)
    {
        foreach (var file in source.EnumerateFiles())
        {
            file.CopyTo(System.IO.Path.Combine(target, file.Name));
        }

        foreach (var folder in source.EnumerateDirectories().Where(folder => folder.FullName != except))
        {
            Copy(folder, Directory.CreateDirectory(System.IO.Path.Combine(target, folder.Name)).FullName, except);
        }
    }

    private static bool IsLeft(string name, string prefix)
    {
        var id = name.EndsWith(OldSuffix, StringComparison.Ordinal) ? name[..^OldSuffix.Length] : name;
        return id.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParseExact(id[prefix.Length..], "N", out _);
    }

    private static bool IsLocked(string folder)
    {
        try
        {
            using var mark = new FileStream(System.IO.Path.Combine(folder, MarkName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    // What cannot be removed now is removed by the next one who writes this model.
    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    // A link to a folder stays a link.
    private static string Resolve(string folder)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        return Directory.Exists(full) ? Directory.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full : full;
    }

    private static string Parent(string folder) =>
        System.IO.Path.GetDirectoryName(folder) ?? throw new IOException("the root of a file system cannot be a model folder");
}
