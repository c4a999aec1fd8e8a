using System.Runtime.InteropServices;

namespace GenAiLab.Models.Folders;

/// <summary>Two folders that trade their names in one step, which .NET has no call for.</summary>
internal static partial class FolderExchange
{
    private const int WorkingDirectory = -100; // AT_FDCWD
    private const uint Exchange = 2; // RENAME_EXCHANGE

    /// <summary>Neither name is ever without a folder. False: nothing was done, because the system or the file system has no such step.</summary>
    public static bool TryExchange(string one, string other)
    {
        try
        {
            return OperatingSystem.IsLinux() && Rename(WorkingDirectory, one, WorkingDirectory, other, Exchange) == 0;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException) // A C library without it.
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int folderOfOne, string one, int folderOfOther, string other, uint flags);
}
