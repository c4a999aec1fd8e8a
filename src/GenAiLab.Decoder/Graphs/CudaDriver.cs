using System.Runtime.InteropServices;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// The few calls of NVIDIA's driver that the cache needs (CUDA Driver API, sections 6.5 to 6.14). The driver and not
/// CUDA's runtime: its library has one name in every version, and the runtime's that ONNX Runtime loads has not.
/// </summary>
internal static partial class CudaDriver
{
    private const string Library = "genailab-cuda";
    private const int OutOfMemory = 2;

    /// <summary>A <see cref="Rows.FromKind"/> and <see cref="Rows.ToKind"/>.</summary>
    public const int DeviceMemory = 2;

    static CudaDriver() => NativeLibrary.SetDllImportResolver(
        typeof(CudaDriver).Assembly,
        static (name, _, _) => name == Library ? NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1") : 0);

    /// <summary>CUDA_MEMCPY2D: rows of bytes, a pitch apart.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Rows
    {
        public nuint FromX;
        public nuint FromY;
        public int FromKind;
        public nint FromHost;
        public nint From;
        public nint FromArray;
        public nuint FromPitch;
        public nuint ToX;
        public nuint ToY;
        public int ToKind;
        public nint ToHost;
        public nint To;
        public nint ToArray;
        public nuint ToPitch;
        public nuint Bytes;
        public nuint Count;
    }

    /// <summary>Throws for what is not success.</summary>
    /// <exception cref="OutOfMemoryException">The device has not so much memory.</exception>
    /// <exception cref="InvalidOperationException">Any other error.</exception>
    public static void Check(int result)
    {
        if (result != 0)
        {
            throw result == OutOfMemory
                ? new OutOfMemoryException("the GPU has not enough memory for the KV cache")
                : new InvalidOperationException($"the GPU's driver answers error {result}");
        }
    }

    [LibraryImport(Library, EntryPoint = "cuInit")]
    public static partial int Initialize(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    public static partial int Device(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    public static unsafe partial int DeviceName(byte* name, int length, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static partial int RetainContext(out nint context, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static partial int ReleaseContext(int device);

    [LibraryImport(Library, EntryPoint = "cuCtxPushCurrent_v2")]
    public static partial int PushContext(nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxPopCurrent_v2")]
    public static partial int PopContext(out nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxSynchronize")]
    public static partial int Synchronize();

    [LibraryImport(Library, EntryPoint = "cuMemAlloc_v2")]
    public static partial int Allocate(out nint address, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemFree_v2")]
    public static partial int Free(nint address);

    [LibraryImport(Library, EntryPoint = "cuMemsetD8_v2")]
    public static partial int Fill(nint address, byte value, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoD_v2")]
    public static unsafe partial int Write(nint to, void* from, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoH_v2")]
    public static unsafe partial int Read(void* to, nint from, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemcpy2DUnaligned_v2")]
    public static partial int Copy(in Rows rows);
}
