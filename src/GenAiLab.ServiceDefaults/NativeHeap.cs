using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// Keeps the heap of what is not managed (ONNX Runtime's, SkiaSharp's, the runtime's own) to what is in use, where it is glibc's. That has
/// eight heaps a core, and each keeps the most that any thread of the pool ever held of it: without a leak, a service grows for hours.
/// </summary>
internal sealed class NativeHeap : BackgroundService
{
    private const int MmapThreshold = -3;
    private const int LargeBytes = 128 << 10;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Takes what is large from the system and gives it back when it is freed (<c>mallopt(3)</c>, M_MMAP_THRESHOLD). glibc begins so, but takes
    /// ever larger pieces from its heaps once such a one was freed.
    /// </summary>
    public static unsafe void GiveBackWhatIsLarge()
    {
        if (TryFind("mallopt", out var mallopt))
        {
            ((delegate* unmanaged<int, int, int>)mallopt)(MmapThreshold, LargeBytes);
        }
    }

    /// <summary>Gives back what is small and freed, once a minute (<c>malloc_trim(3)</c>), which takes milliseconds.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!TryFind("malloc_trim", out var trim))
        {
            return;
        }

        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Trim(trim);
        }
    }

    private static unsafe void Trim(nint function) => ((delegate* unmanaged<nuint, int>)function)(0);

    // Another C library than glibc has no such functions.
    private static bool TryFind(string name, out nint function)
    {
        function = 0;
        return NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, name, out function);
    }
}
