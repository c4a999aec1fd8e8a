using System.Runtime.InteropServices;
using GenAiLab.Models.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Keys and values of all streams: per layer one aligned native buffer each, shaped
/// [slots, heads, context, width]. The kernel reads and writes a slot in place, as past and as
/// present. Positions that a stream has not reached are never read.
/// </summary>
internal sealed unsafe class KeyValueCache : IDisposable
{
    private const int Alignment = 64;
    private readonly nint[] _buffers;
    private readonly GraphShape _shape;
    private readonly int _contextLength;
    private readonly int _slots;

    public KeyValueCache(GraphShape shape, int contextLength, int slots)
    {
        (_shape, _contextLength, _slots) = (shape, contextLength, slots);
        _buffers = new nint[shape.Caches.Count];
        try
        {
            for (var at = 0; at < _buffers.Length; at++)
            {
                _buffers[at] = (nint)NativeMemory.AlignedAlloc(checked((nuint)(slots * TensorBytes(at))), Alignment);
            }
        }
        catch (OutOfMemoryException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What it holds.</summary>
    public IReadOnlyList<CacheTensor> Tensors => _shape.Caches;

    /// <summary>Bytes of all slots.</summary>
    public long Bytes => _shape.TokenBytes * _contextLength * _slots;

    /// <summary>A view [slots, heads, context, width] of neighbouring slots in a tensor. The cache must outlive it.</summary>
    public OrtValue View(int first, int slots, int tensor)
    {
        var bytes = TensorBytes(tensor);
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, _shape.CacheType == OnnxElementType.Float16 ? TensorElementType.Float16 : TensorElementType.Float,
            [slots, Tensors[tensor].Heads, _contextLength, Tensors[tensor].Width],
            _buffers[tensor] + checked((nint)(first * bytes)), slots * bytes);
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
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _contextLength);
        foreach (var (place, tensor) in Tensors.Index())
        {
            var (slot, head) = ((nint)TensorBytes(place), (nint)_contextLength * tensor.Width * _shape.CacheBytes);
            var bytes = (long)tokens * tensor.Width * _shape.CacheBytes;
            for (var at = 0; at < tensor.Heads; at++)
            {
                action(_buffers[place] + (left * slot) + (at * head), _buffers[place] + (right * slot) + (at * head), bytes);
            }
        }
    }

    // Of one slot.
    private long TensorBytes(int tensor) => (long)Tensors[tensor].Heads * _contextLength * Tensors[tensor].Width * _shape.CacheBytes;
}
