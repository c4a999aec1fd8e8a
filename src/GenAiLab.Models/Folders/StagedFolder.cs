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
    // Beside the folder and not in it, so that it can be held from before the folder is there until the old one is gone: what
    // a living process works on is never taken for what a killed one left.
    private const string LockSuffix = ".writing";
    private const string OldSuffix = ".old";
    private const int MaximumTries = 20;

    // All files and folders, those that begin with a dot too. What lies behind links is somebody else's.
    private static readonly EnumerationOptions Own = new() { AttributesToSkip = FileAttributes.ReparsePoint, RecurseSubdirectories = true, IgnoreInaccessible = false };
    private readonly string _target;
    private readonly bool _exchanges;
    private readonly FileStream _lock;

    private StagedFolder(string target, bool exchanges)
    {
        Recover(target);
        (_target, _exchanges) = (Resolve(target), exchanges);
        try
        {
            Directory.CreateDirectory(Parent(_target));
            (Path, _lock) = Begin(_target);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(error);
        }

        try
        {
            Directory.CreateDirectory(Path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _lock.Dispose();
            throw Unwritable(error);
        }
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>An empty folder, to replace all that stands at <paramref name="target"/>.</summary>
    /// <exception cref="IOException">Nothing can be written there; says what to mend.</exception>
    public static StagedFolder Empty(string target) => new(target, exchanges: true);

    /// <summary>One that takes its place in two steps, as where there is no exchange.</summary>
    internal static StagedFolder InTwoSteps(string target) => new(target, exchanges: false);

    /// <summary>A copy of what stands at <paramref name="target"/>, if anything does: files that are not written anew survive.</summary>
    /// <param name="target">The model folder.</param>
    /// <param name="except">A folder that is left out; null: none.</param>
    /// <exception cref="IOException">Nothing can be written there; says what to mend.</exception>
    public static StagedFolder CopyOf(string target, string? except = null)
    {
        var staged = Empty(target);
        try
        {
            if (Directory.Exists(staged._target))
            {
                Copy(new DirectoryInfo(staged._target), staged.Path, except is null ? null : Within(except));
            }

            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>Recovers, and makes sure that a folder can be written for <paramref name="target"/>: to be said before hours of work, not after.</summary>
    /// <exception cref="IOException">None can; says what to mend.</exception>
    public static void Prepare(string target) => Empty(target).Dispose();

    /// <summary>Removes what killed processes left of their work on <paramref name="target"/>; puts the old folder back where none is in place.</summary>
    public static void Recover(string target)
    {
        target = Resolve(target);
        var (parent, prefix) = (Parent(target), $".{System.IO.Path.GetFileName(target)}.");
        if (!Directory.Exists(parent))
        {
            return;
        }

        foreach (var name in Directory.GetFileSystemEntries(parent).Select(entry => Work(System.IO.Path.GetFileName(entry), prefix)).OfType<string>().Distinct())
        {
            var left = System.IO.Path.Combine(parent, name);
            if (!TryLock(left, out var hold))
            {
                continue;
            }

            using var held = hold;

            if (Directory.Exists(left + OldSuffix) && !Directory.Exists(target))
            {
                Directory.Move(left + OldSuffix, target);
                FolderFlush.ToDisk(parent);
            }

            Remove(left + OldSuffix);
            Remove(left);
        }
    }

    /// <summary>Puts the folder in its place, and removes the one that was there.</summary>
    /// <param name="replace">False: there must be none.</param>
    /// <exception cref="IOException">It cannot take the place; what was there is there.</exception>
    public void Commit(bool replace = true)
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*", Own))
        {
            using var handle = File.OpenHandle(file, access: OperatingSystem.IsWindows() ? FileAccess.Write : FileAccess.Read, share: FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }

        foreach (var folder in Directory.EnumerateDirectories(Path, "*", Own).Append(Path))
        {
            FolderFlush.ToDisk(folder);
        }

        if (!replace || !Directory.Exists(_target))
        {
            Directory.Move(Path, _target);
            FolderFlush.ToDisk(Parent(_target));
            return;
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, File.GetUnixFileMode(_target));
        }

        if (!_exchanges || !FolderExchange.TryExchange(Path, _target))
        {
            MoveInto();
        }

        // Before the old one is removed: the power must not fail when there is neither.
        FolderFlush.ToDisk(Parent(_target));
        Remove(Path + OldSuffix);
        Remove(Path);
    }

    /// <summary>Removes what was written, unless it is in place.</summary>
    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
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
    }

    // Links stay links: what they lead to may be large, or lead back.
    private static void Copy(DirectoryInfo source, string target, string? except)
    {
        foreach (var file in source.EnumerateFiles())
        {
            var copy = System.IO.Path.Combine(target, file.Name);
            if (file.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(copy, link);
            }
            else
            {
                file.CopyTo(copy);
            }
        }

        foreach (var folder in source.EnumerateDirectories().Where(folder => folder.FullName != except))
        {
            var copy = System.IO.Path.Combine(target, folder.Name);
            if (folder.LinkTarget is { } link)
            {
                Directory.CreateSymbolicLink(copy, link);
            }
            else
            {
                Copy(folder, Directory.CreateDirectory(copy).FullName, except);
            }
        }
    }

    // The name that a folder which is written, the one that it replaces, and its lock have in common; null: it is none of them.
    private static string? Work(string name, string prefix)
    {
        var work = name.EndsWith(OldSuffix, StringComparison.Ordinal) ? name[..^OldSuffix.Length]
            : name.EndsWith(LockSuffix, StringComparison.Ordinal) ? name[..^LockSuffix.Length] : name;
        return work.StartsWith(prefix, StringComparison.Ordinal) && Guid.TryParseExact(work[prefix.Length..], "N", out _) ? work : null;
    }

    // A name for what is to be written, and its lock. A file is there a moment before it is locked, and who recovers may take
    // it for one of a process that has died: then there is none under that name when the lock is ours, and another name is tried.
    private static (string Path, FileStream Lock) Begin(string target)
    {
        for (var tries = MaximumTries; ; tries--)
        {
            var path = System.IO.Path.Combine(Parent(target), $".{System.IO.Path.GetFileName(target)}.{Guid.NewGuid():N}");
            try
            {
                var held = Lock(path, FileMode.CreateNew);
                if (File.Exists(path + LockSuffix))
                {
                    return (path, held);
                }

                held.Dispose();
                if (tries == 0)
                {
                    throw new IOException("others remove what is begun here");
                }
            }
            catch (IOException) when (tries > 0)
            {
                // Held by who recovers.
            }
        }
    }

    // The system lets go of it when the process ends, however it ends.
    private static FileStream Lock(string work, FileMode mode) =>
        new(work + LockSuffix, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);

    // False: somebody works on it, or nothing can be written here. There is no file where whoever worked on it is done: none is
    // made, so that the name is only ever that of the one who began.
    private static bool TryLock(string work, out FileStream? held)
    {
        held = null;
        try
        {
            held = Lock(work, FileMode.Open);
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
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

    // A link to a folder stays a link. Whether it is one is asked first: a folder may be gone for a moment between two questions.
    private static string Resolve(string folder)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        return new DirectoryInfo(full).LinkTarget is not null && Directory.Exists(full)
            ? Directory.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full
            : full;
    }

    // As it is called by who comes through the model's own folder, which may be a link.
    private static string Within(string folder)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        return System.IO.Path.Combine(Resolve(Parent(full)), System.IO.Path.GetFileName(full));
    }

    private static string Parent(string folder) =>
        System.IO.Path.GetDirectoryName(folder) ?? throw new IOException("the root of a file system cannot be a model folder");

    private IOException Unwritable(Exception error) => new(
        $"nothing can be written in {Parent(_target)}: make it writable or make room, or choose another folder ({error.Message})", error);
}
