using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>Where keys and values lie: beside the processor or on a device. Not thread-safe: one owner.</summary>
internal abstract class CacheMemory : IDisposable
{
    /// <summary>What ONNX Runtime is told of it.</summary>
    public abstract OrtMemoryInfo Info { get; }

    /// <summary>Takes memory.</summary>
    /// <returns>Its address, which is one of the device's where the memory is.</returns>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public abstract nint Allocate(long bytes);

    /// <summary>Gives memory back; 0 is nothing.</summary>
    public abstract void Free(nint address);

    /// <summary>Copies the beginning of each of several rows, which lie <paramref name="pitch"/> bytes apart.</summary>
    public abstract void Copy(nint from, nint to, long pitch, long bytes, int rows);

    /// <summary>Exchanges the beginnings of rows.</summary>
    public abstract void Swap(nint left, nint right, long pitch, long bytes, int rows);

    public virtual void Dispose()
    {
    }
}

/// <summary>The processor's memory.</summary>
internal sealed unsafe class HostCacheMemory : CacheMemory
{
    private const int Alignment = 64;

    public override OrtMemoryInfo Info => OrtMemoryInfo.DefaultInstance;

    public override nint Allocate(long bytes) => (nint)NativeMemory.AlignedAlloc(checked((nuint)bytes), Alignment);

    public override void Free(nint address) => NativeMemory.AlignedFree((void*)address);

    public override void Copy(nint from, nint to, long pitch, long bytes, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            Buffer.MemoryCopy((void*)(from + (nint)(row * pitch)), (void*)(to + (nint)(row * pitch)), bytes, bytes);
        }
    }

    public override void Swap(nint left, nint right, long pitch, long bytes, int rows)
    {
        const int Block = 4096;
        var spare = stackalloc byte[Block];
        for (var row = 0; row < rows; row++)
        {
            var (a, b) = (left + (nint)(row * pitch), right + (nint)(row * pitch));
            for (long at = 0; at < bytes; at += Block)
            {
                var size = Math.Min(Block, bytes - at);
                Buffer.MemoryCopy((void*)(a + (nint)at), spare, size, size);
                Buffer.MemoryCopy((void*)(b + (nint)at), (void*)(a + (nint)at), size, size);
                Buffer.MemoryCopy(spare, (void*)(b + (nint)at), size, size);
            }
        }
    }
}
