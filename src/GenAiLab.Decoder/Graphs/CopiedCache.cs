using System.Runtime.InteropServices;
using GenAiLab.Models.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Keys and values of streams whose graph concatenates them: of each slot and tensor a buffer, tightly packed as
/// [heads, tokens, width], which a run reads as past; a spare one of each tensor, which the run writes as present.
/// After the run they change places: nothing is copied but by the graph itself.
/// </summary>
internal sealed unsafe class CopiedCache : IDisposable
{
    private const int Alignment = 64;
    private readonly GraphShape _shape;
    private readonly int _contextLength;
    private readonly int _slots;

    // [slot, tensor]; the row behind the last slot's is the spare one.
    private readonly nint[,] _buffers;
    private readonly int[] _lengths;

    public CopiedCache(GraphShape shape, int contextLength, int slots)
    {
        (_shape, _contextLength, _slots) = (shape, contextLength, slots);
        _buffers = new nint[slots + 1, shape.Caches.Count];
        _lengths = new int[slots + 1];
        try
        {
            for (var slot = 0; slot <= slots; slot++)
            {
                for (var tensor = 0; tensor < shape.Caches.Count; tensor++)
                {
                    _buffers[slot, tensor] = (nint)NativeMemory.AlignedAlloc(checked((nuint)Bytes(tensor, contextLength)), Alignment);
                }
            }
        }
        catch (OutOfMemoryException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of all slots and of the spare one.</summary>
    public long TotalBytes => _shape.TokenBytes * _contextLength * (_slots + 1);

    /// <summary>Tokens in a slot.</summary>
    public int Length(int slot) => _lengths[slot];

    /// <summary>Forgets all tokens of a slot but the first.</summary>
    public void Truncate(int slot, int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _lengths[slot]);
        Move(slot, slot, tokens);
    }

    /// <summary>Copies the first tokens of a slot over those of another.</summary>
    public void Copy(int from, int to, int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, _lengths[from]);
        Move(from, to, tokens);
    }

    /// <summary>Exchanges two slots.</summary>
    public void Swap(int left, int right)
    {
        (_lengths[left], _lengths[right]) = (_lengths[right], _lengths[left]);
        for (var tensor = 0; tensor < _shape.Caches.Count; tensor++)
        {
            (_buffers[left, tensor], _buffers[right, tensor]) = (_buffers[right, tensor], _buffers[left, tensor]);
        }
    }

    /// <summary>Fills a slot with zeros, as if so many tokens had been run.</summary>
    public void Pretend(int slot, int tokens)
    {
        for (var tensor = 0; tensor < _shape.Caches.Count; tensor++)
        {
            NativeMemory.Clear((void*)_buffers[slot, tensor], (nuint)Bytes(tensor, tokens));
        }

        _lengths[slot] = tokens;
    }

    /// <summary>The tokens of a slot as a run reads them: [1, heads, tokens, width]. The cache must outlive it.</summary>
    public OrtValue Past(int slot, int tensor) => View(slot, tensor, _lengths[slot]);

    /// <summary>What a run writes: [1, heads, tokens, width], of all tokens after it. The cache must outlive it.</summary>
    public OrtValue Present(int tensor, int tokens) => View(_slots, tensor, tokens);

    /// <summary>A run has written so many tokens: they are the slot's from now on.</summary>
    public void Accept(int slot, int tokens)
    {
        _lengths[_slots] = tokens;
        Swap(slot, _slots);
    }

    public void Dispose()
    {
        foreach (ref var buffer in MemoryMarshal.CreateSpan(ref _buffers[0, 0], _buffers.Length))
        {
            NativeMemory.AlignedFree((void*)buffer);
            buffer = 0;
        }
    }

    private OrtValue View(int slot, int tensor, int tokens) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, _shape.CacheElement,
        [1, _shape.Caches[tensor].Heads, tokens, _shape.Caches[tensor].Width], _buffers[slot, tensor], Bytes(tensor, tokens));

    // Heads move towards the front, or to another buffer: one after the other none overwrites a later one.
    private void Move(int from, int to, int tokens)
    {
        for (var tensor = 0; tensor < _shape.Caches.Count; tensor++)
        {
            var (source, target) = (_buffers[from, tensor], _buffers[to, tensor]);
            var row = (nint)_shape.Caches[tensor].Width * _shape.CacheBytes;
            for (var head = 0; head < _shape.Caches[tensor].Heads; head++)
            {
                Buffer.MemoryCopy((void*)(source + (head * _lengths[from] * row)), (void*)(target + (head * tokens * row)), tokens * row, tokens * row);
            }
        }

        _lengths[to] = tokens;
    }

    private long Bytes(int tensor, int tokens) => (long)_shape.Caches[tensor].Heads * tokens * _shape.Caches[tensor].Width * _shape.CacheBytes;
}
