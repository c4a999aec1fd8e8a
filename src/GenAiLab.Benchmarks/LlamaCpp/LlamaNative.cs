using System.Runtime.InteropServices;

namespace GenAiLab.Benchmarks.LlamaCpp;

/// <summary>
/// The part of llama.h that the benchmark needs, as it is in the library that node-llama-cpp 3.22.1 ships.
/// Structures are passed by value, so another version would need another layout.
/// </summary>
internal static unsafe partial class LlamaNative
{
    public const string Library = "llama";

    [StructLayout(LayoutKind.Sequential)]
    public struct ModelParameters
    {
        public nint Devices;
        public nint BufferOverrides;
        public int GpuLayers;
        public int SplitMode;
        public int LoadMode;
        public int LazyMode;
        public int MainGpu;
        public nint TensorSplit;
        public nint ProgressCallback;
        public nint ProgressData;
        public nint MetadataOverrides;
        public byte VocabularyOnly;
        public byte CheckTensors;
        public byte UseExtraBuffers;
        public byte NoHost;
        public byte NoAllocation;
        public byte LoadMtp;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ContextParameters
    {
        public uint Context;
        public uint Batch;
        public uint MicroBatch;
        public uint Sequences;
        public uint Snapshots;
        public uint Outputs;
        public uint OutputsPerSequence;
        public int Threads;
        public int BatchThreads;
        public int ContextType;
        public int RopeScaling;
        public int Pooling;
        public int Attention;
        public int FlashAttention;
        public float RopeBase;
        public float RopeScale;
        public float YarnExtension;
        public float YarnAttention;
        public float YarnFast;
        public float YarnSlow;
        public uint YarnContext;
        public float Defragmentation;
        public nint EvaluationCallback;
        public nint EvaluationData;
        public int KeyType;
        public int ValueType;
        public nint AbortCallback;
        public nint AbortData;
        public byte Embeddings;
        public byte OffloadCache;
        public byte NoTimings;
        public byte OffloadOperations;
        public byte FullWindow;
        public byte UnifiedCache;
        public nint Samplers;
        public nuint SamplerCount;
        public nint Other;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Batch
    {
        public int Tokens;
        public int* Ids;
        public float* Embeddings;
        public int* Positions;
        public int* SequenceCounts;
        public int** Sequences;
        public sbyte* Outputs;
    }

    [LibraryImport("ggml", EntryPoint = "ggml_backend_load_all_from_path", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void LoadBackends(string folder);

    [LibraryImport(Library, EntryPoint = "llama_log_set")]
    public static partial void SetLog(delegate* unmanaged[Cdecl]<int, byte*, nint, void> callback, nint data);

    [DllImport(Library, EntryPoint = "llama_model_default_params")]
    public static extern ModelParameters DefaultModelParameters();

    [DllImport(Library, EntryPoint = "llama_context_default_params")]
    public static extern ContextParameters DefaultContextParameters();

    [DllImport(Library, EntryPoint = "llama_model_load_from_file")]
    public static extern nint LoadModel([MarshalAs(UnmanagedType.LPUTF8Str)] string path, ModelParameters parameters);

    [LibraryImport(Library, EntryPoint = "llama_model_free")]
    public static partial void FreeModel(nint model);

    [DllImport(Library, EntryPoint = "llama_init_from_model")]
    public static extern nint CreateContext(nint model, ContextParameters parameters);

    [LibraryImport(Library, EntryPoint = "llama_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "llama_get_memory")]
    public static partial nint Memory(nint context);

    [LibraryImport(Library, EntryPoint = "llama_memory_clear")]
    public static partial void ClearMemory(nint memory, byte data);

    [LibraryImport(Library, EntryPoint = "llama_memory_seq_rm")]
    public static partial byte RemoveFromMemory(nint memory, int sequence, int from, int to);

    [DllImport(Library, EntryPoint = "llama_batch_init")]
    public static extern Batch CreateBatch(int tokens, int embedding, int sequences);

    [DllImport(Library, EntryPoint = "llama_batch_free")]
    public static extern void FreeBatch(Batch batch);

    [DllImport(Library, EntryPoint = "llama_decode")]
    public static extern int Decode(nint context, Batch batch);

    [LibraryImport(Library, EntryPoint = "llama_synchronize")]
    public static partial void Synchronize(nint context);

    [LibraryImport(Library, EntryPoint = "llama_get_logits_ith")]
    public static partial float* Logits(nint context, int row);
}
