using GenAiLab.Models.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Keys and values of all streams: per layer one aligned native buffer each, shaped
/// [slots, heads, context, width]. The kernel reads and writes a slot in place, as past and as
/// present. Positions that a stream has not reached are never read.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly nint[] _buffers;
    private readonly GraphShape _shape;
    private readonly int _contextLength;
    private readonly int _slots;
    private readonly CacheMemory _memory;

    /// <param name="shape">Layers, heads and widths.</param>
    /// <param name="contextLength">Tokens of a slot.</param>
    /// <param name="slots">Number of slots.</param>
    /// <param name="memory">Where it lies; disposed of with the cache.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    public KeyValueCache(GraphShape shape, int contextLength, int slots, CacheMemory memory)
    {
        (_shape, _contextLength, _slots, _memory) = (shape, contextLength, slots, memory);
        _buffers = new nint[shape.Caches.Count];
        try
        {
            for (var at = 0; at < _buffers.Length; at++)
            {
                _buffers[at] = memory.Allocate(slots * TensorBytes(at));
            }
        }
        catch
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
            _memory.Info, _shape.CacheElement,
            [slots, Tensors[tensor].Heads, _contextLength, Tensors[tensor].Width],
            _buffers[tensor] + checked((nint)(first * bytes)), slots * bytes);
    }

    /// <summary>A head's numbers in a tensor of 32-bit floats beside the processor: [context, width]. The cache must outlive it.</summary>
    public unsafe ReadOnlySpan<float> Head(int slot, int tensor, int head)
    {
        if (_shape.CacheType != OnnxElementType.Float || _memory is not HostCacheMemory)
        {
            throw new InvalidOperationException("the cache is not of 32-bit floats beside the processor");
        }

        var row = (long)_contextLength * Tensors[tensor].Width;
        return new ReadOnlySpan<float>((void*)(_buffers[tensor] + checked((nint)((slot * TensorBytes(tensor)) + (head * row * sizeof(float))))), checked((int)row));
    }

    /// <summary>Copies the first tokens of a slot over those of another.</summary>
    public void Copy(int from, int to, int tokens) => ForEachTensor(from, to, tokens, _memory.Copy);

    /// <summary>Exchanges the first tokens of two slots.</summary>
    public void Swap(int left, int right, int tokens) => ForEachTensor(left, right, tokens, _memory.Swap);

    public void Dispose()
    {
        foreach (ref var buffer in _buffers.AsSpan())
        {
            _memory.Free(buffer);
            buffer = 0;
        }

        _memory.Dispose();
    }

    // A row is a head.
    private void ForEachTensor(int left, int right, int tokens, Action<nint, nint, long, long, int> action)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _contextLength);
        foreach (var (place, tensor) in Tensors.Index())
        {
            var (slot, row) = ((nint)TensorBytes(place), (long)tensor.Width * _shape.CacheBytes);
            action(_buffers[place] + (left * slot), _buffers[place] + (right * slot), _contextLength * row, tokens * row, tensor.Heads);
        }
    }

    // Of one slot.
    private long TensorBytes(int tensor) => (long)Tensors[tensor].Heads * _contextLength * Tensors[tensor].Width * _shape.CacheBytes;
}
