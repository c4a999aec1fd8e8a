using System.Runtime.InteropServices;

namespace GenAiLab.ServiceDefaults;

/// <summary>The heap of what is not managed, above all ONNX Runtime's, where it is glibc's.</summary>
public static unsafe class NativeHeap
{
    /// <summary>
    /// Gives what is free back to the operating system (<c>malloc_trim(3)</c>); for when a model is gone. By itself glibc keeps it: it has
    /// up to eight heaps a core, and gives back the end of one alone, so that whoever loads models on the threads of a pool holds ever more.
    /// Takes milliseconds.
    /// </summary>
    public static void Trim()
    {
        // Another C library has no such function.
        if (NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out var trim))
        {
            ((delegate* unmanaged<nuint, int>)trim)(0);
        }
    }
}
