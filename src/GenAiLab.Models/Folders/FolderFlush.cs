using System.Runtime.InteropServices;

namespace GenAiLab.Models.Folders;

/// <summary>Sends the names in a folder to the disk, which .NET has no call for.</summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0; // O_RDONLY

    /// <summary>
    /// After this a file or folder that was renamed has its new name also when the power fails; a kill does not need it.
    /// Whether it worked is not told: the rename is done, and a file system that cannot promise more has nothing else to offer.
    /// </summary>
    public static void ToDisk(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // It keeps a journal of names, and opens no folder for this.
        }

        try
        {
            if (Open(folder, ReadOnly) is >= 0 and var descriptor)
            {
                _ = Synchronize(descriptor);
                _ = Close(descriptor);
            }
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException) // A C library without it.
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
