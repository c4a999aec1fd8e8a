using System.Numerics;
using System.Security.Cryptography;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>
/// Which pairs of tokens merge: first come, first looked at, in one open-addressed array. The hash is of this process
/// alone, so that a file cannot aim at one place of it.
/// </summary>
internal sealed class PairTable
{
    private const ulong Empty = ulong.MaxValue; // No pair of ids, which are below 2^20.
    private static readonly ulong Factor = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <param name="capacity">How many pairs it is to hold.</param>
    public PairTable(int capacity)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, capacity) * 2);
        _slots = new Slot[size];
        _shift = 64 - BitOperations.Log2(size);
        Array.Fill(_slots, new Slot(Empty, 0, 0));
    }

    /// <summary>Sets what a pair merges to, with its rank; the last one set counts.</summary>
    public void Set(int left, int right, int rank, int merged)
    {
        var key = Key(left, right);
        var at = Place(key);
        while (_slots[at].Key != key && _slots[at].Key != Empty)
        {
            at = (at + 1) & (_slots.Length - 1);
        }

        _slots[at] = new Slot(key, rank, merged);
    }

    /// <summary>The rank of a pair and what it merges to; <see cref="int.MaxValue"/> where it does not.</summary>
    public int Find(int left, int right, out int merged)
    {
        var key = Key(left, right);
        for (var at = Place(key); ; at = (at + 1) & (_slots.Length - 1))
        {
            ref readonly var slot = ref _slots[at];
            if (slot.Key == key)
            {
                merged = slot.Merged;
                return slot.Rank;
            }

            if (slot.Key == Empty)
            {
                merged = -1;
                return int.MaxValue;
            }
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Place(ulong key)
    {
        var mixed = key * Factor;
        return (int)((mixed ^ (mixed >> 32)) * 0x9E37_79B9_7F4A_7C15 >> _shift);
    }

    private readonly record struct Slot(ulong Key, int Rank, int Merged);
}
