using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Keys and values of all streams: per layer one aligned native buffer each, shaped
/// [slots, kv_heads, context, head_size]. The kernel reads and writes a slot in place, as past and as
/// present. Positions that a stream has not reached are never read.
/// </summary>
internal sealed unsafe class KeyValueCache : IDisposable
{
    private const int Alignment = 64;
    private readonly nint[] _buffers;
    private readonly GenAiConfig _config;
    private readonly int _slots;

    public KeyValueCache(GenAiConfig config, int slots)
    {
        (_config, _slots) = (config, slots);
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

    /// <summary>Bytes of all slots.</summary>
    public long Bytes => SlotBytes(_config) * _slots;

    /// <summary>A view [slots, kv_heads, context, head_size] of neighbouring slots. The cache must outlive it.</summary>
    public OrtValue View(int first, int slots, int layer, bool key)
    {
        var bytes = LayerBytes(_config);
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float,
            [slots, _config.KeyValueHeads, _config.ContextLength, _config.HeadSize],
            _buffers[(2 * layer) + (key ? 0 : 1)] + checked((nint)(first * bytes)), slots * bytes);
    }

    /// <summary>Copies the first tokens of a slot over those of another.</summary>
    public void Copy(int from, int to, int tokens) =>
        ForEachHead(from, to, tokens, static (source, target, bytes) => Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes));

    /// <summary>Exchanges the first tokens of two slots.</summary>
    public void Swap(int left, int right, int tokens) => ForEachHead(left, right, tokens, static (a, b, bytes) =>
    {
        const int Block = 4096;
        var spare = stackalloc byte[Block];
        for (long at = 0; at < bytes; at += Block)
        {
            var size = Math.Min(Block, bytes - at);
            Buffer.MemoryCopy((void*)(a + at), spare, size, size);
            Buffer.MemoryCopy((void*)(b + at), (void*)(a + at), size, size);
            Buffer.MemoryCopy(spare, (void*)(b + at), size, size);
        }
    });

    public void Dispose()
    {
        foreach (ref var buffer in _buffers.AsSpan())
        {
            NativeMemory.AlignedFree((void*)buffer);
            buffer = 0;
        }
    }

    private void ForEachHead(int left, int right, int tokens, Action<nint, nint, long> action)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _config.ContextLength);
        var (slot, head) = ((nint)LayerBytes(_config), (nint)_config.ContextLength * _config.HeadSize * sizeof(float));
        var bytes = (long)tokens * _config.HeadSize * sizeof(float);
        foreach (var buffer in _buffers)
        {
            for (var at = 0; at < _config.KeyValueHeads; at++)
            {
                action(buffer + (left * slot) + (at * head), buffer + (right * slot) + (at * head), bytes);
            }
        }
    }

    // Keys or values of one layer and slot.
    private static long LayerBytes(GenAiConfig config) =>
        (long)config.KeyValueHeads * config.ContextLength * config.HeadSize * sizeof(float);
}
