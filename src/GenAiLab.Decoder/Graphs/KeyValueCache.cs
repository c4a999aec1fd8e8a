using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Keys and values of all streams: per layer one aligned native buffer each, shaped
/// [slots, kv_heads, context, head_size]. The kernel reads and writes a slot in place, as past and as
/// present: nothing is ever copied. Positions that a stream has not reached are never read.
/// </summary>
internal sealed unsafe class KeyValueCache : IDisposable
{
    private const int Alignment = 64;
    private readonly nint[] _buffers;
    private readonly GenAiConfig _config;

    public KeyValueCache(GenAiConfig config, int slots)
    {
        _config = config;
        _buffers = new nint[config.Layers * 2];
        try
        {
            for (var at = 0; at < _buffers.Length; at++)
            {
                _buffers[at] = (nint)NativeMemory.AlignedAlloc(checked((nuint)(slots * LayerBytes(config))), Alignment);
            }
        }
        catch (OutOfMemoryException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes per slot, all layers.</summary>
    public static long SlotBytes(GenAiConfig config) => 2L * config.Layers * LayerBytes(config);

    /// <summary>A view [1, kv_heads, context, head_size] of one slot. The cache must outlive it.</summary>
    public OrtValue View(int slot, int layer, bool key)
    {
        var bytes = LayerBytes(_config);
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float,
            [1, _config.KeyValueHeads, _config.ContextLength, _config.HeadSize],
            _buffers[(2 * layer) + (key ? 0 : 1)] + checked((nint)(slot * bytes)), bytes);
    }

    public void Dispose()
    {
        foreach (ref var buffer in _buffers.AsSpan())
        {
            NativeMemory.AlignedFree((void*)buffer);
            buffer = 0;
        }
    }

    // Keys or values of one layer and slot.
    private static long LayerBytes(GenAiConfig config) =>
        (long)config.KeyValueHeads * config.ContextLength * config.HeadSize * sizeof(float);
}
