using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Memory of a GPU. ONNX Runtime computes on streams of its own and waits for them at the end of a run, so what is
/// done here comes after it; and what is done here is waited for, so the next run comes after that.
/// </summary>
internal sealed class CudaCacheMemory : CacheMemory
{
    private readonly int _device;
    private readonly nint _context;
    private nint _spare;
    private long _spareBytes;

    /// <exception cref="DllNotFoundException">There is no driver.</exception>
    public CudaCacheMemory(int ordinal)
    {
        CudaDriver.Check(CudaDriver.Initialize(0));
        CudaDriver.Check(CudaDriver.Device(out _device, ordinal));
        // That of CUDA's runtime, and so of ONNX Runtime.
        CudaDriver.Check(CudaDriver.RetainContext(out _context, _device));
        Info = new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, ordinal, OrtMemType.Default);
    }

    public override OrtMemoryInfo Info { get; }

    /// <summary>What the device is called.</summary>
    public static unsafe string DeviceName(int ordinal)
    {
        CudaDriver.Check(CudaDriver.Initialize(0));
        CudaDriver.Check(CudaDriver.Device(out var device, ordinal));
        const int Length = 256;
        var name = stackalloc byte[Length];
        CudaDriver.Check(CudaDriver.DeviceName(name, Length, device));
        return Encoding.ASCII.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
    }

    public override nint Allocate(long bytes) => InContext(() =>
    {
        CudaDriver.Check(CudaDriver.Allocate(out var address, checked((nuint)bytes)));
        // What was never written is multiplied by a weight of 0, which makes a NaN of a NaN.
        CudaDriver.Check(CudaDriver.Fill(address, 0, (nuint)bytes));
        CudaDriver.Check(CudaDriver.Synchronize());
        return address;
    });

    public override void Free(nint address)
    {
        if (address != 0)
        {
            InContext(() => CudaDriver.Free(address));
        }
    }

    public override void Copy(nint from, nint to, long pitch, long bytes, int rows) => InContext(() =>
    {
        Copy(from, pitch, to, pitch, bytes, rows);
        CudaDriver.Check(CudaDriver.Synchronize());
        return 0;
    });

    public override void Swap(nint left, nint right, long pitch, long bytes, int rows)
    {
        if (_spareBytes < bytes * rows)
        {
            Free(_spare);
            (_spare, _spareBytes) = (0, 0);
            (_spare, _spareBytes) = (Allocate(pitch * rows), pitch * rows);
        }

        InContext(() =>
        {
            Copy(left, pitch, _spare, bytes, bytes, rows);
            Copy(right, pitch, left, pitch, bytes, rows);
            Copy(_spare, bytes, right, pitch, bytes, rows);
            CudaDriver.Check(CudaDriver.Synchronize());
            return 0;
        });
    }

    /// <summary>Copies values to the device.</summary>
    public unsafe void Write<T>(ReadOnlySpan<T> values, nint to)
        where T : unmanaged
    {
        CudaDriver.Check(CudaDriver.PushContext(_context));
        fixed (T* from = values)
        {
            var result = CudaDriver.Write(to, from, (nuint)(values.Length * sizeof(T)));
            _ = CudaDriver.PopContext(out _);
            CudaDriver.Check(result);
        }
    }

    /// <summary>Copies values from the device.</summary>
    public unsafe void Read<T>(nint from, Span<T> values)
        where T : unmanaged
    {
        CudaDriver.Check(CudaDriver.PushContext(_context));
        fixed (T* to = values)
        {
            var result = CudaDriver.Read(to, from, (nuint)(values.Length * sizeof(T)));
            _ = CudaDriver.PopContext(out _);
            CudaDriver.Check(result);
        }
    }

    public override void Dispose()
    {
        Free(_spare);
        _spare = 0;
        Info.Dispose();
        _ = CudaDriver.ReleaseContext(_device);
    }

    private static void Copy(nint from, long fromPitch, nint to, long toPitch, long bytes, int rows)
    {
        if (bytes > 0)
        {
            CudaDriver.Check(CudaDriver.Copy(new CudaDriver.Rows
            {
                FromKind = CudaDriver.DeviceMemory,
                From = from,
                FromPitch = (nuint)fromPitch,
                ToKind = CudaDriver.DeviceMemory,
                To = to,
                ToPitch = (nuint)toPitch,
                Bytes = (nuint)bytes,
                Count = (nuint)rows,
            }));
        }
    }

    // A context is a thread's, and the engine's runs are on whatever thread is free.
    private T InContext<T>(Func<T> action)
    {
        CudaDriver.Check(CudaDriver.PushContext(_context));
        try
        {
            return action();
        }
        finally
        {
            _ = CudaDriver.PopContext(out _);
        }
    }
}
