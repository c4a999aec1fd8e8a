using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace GenAiLab.Models.Tokenization.Models;

/// <summary>
/// Remembers how words were cut. Each word has one slot, where the word that came last stays; a slot is read and
/// written as one reference to an object that never changes, so threads neither wait nor see halves. Bounded: 65,536
/// words of at most 32 code units.
/// </summary>
internal sealed class WordCache
{
    public const int LongestWord = 32;
    private const int SlotBits = 16;

    private readonly Entry?[] _slots = new Entry?[1 << SlotBits];

    public bool TryFind(ReadOnlySpan<char> word, out ulong hash, [NotNullWhen(true)] out WordToken[]? tokens)
    {
        hash = Hash(word);
        var entry = _slots[hash >> (64 - SlotBits)];
        tokens = entry is not null && entry.Hash == hash && word.SequenceEqual(entry.Word) ? entry.Tokens : null;
        return tokens is not null;
    }

    public void Remember(ReadOnlySpan<char> word, ulong hash, ReadOnlySpan<WordToken> tokens) =>
        Volatile.Write(ref _slots[hash >> (64 - SlotBits)], new Entry(hash, word.ToString(), tokens.ToArray()));

    private static ulong Hash(ReadOnlySpan<char> word)
    {
        var hash = (ulong)word.Length * 0x9E37_79B9_7F4A_7C15;
        var bytes = MemoryMarshal.AsBytes(word);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
        }

        ulong rest = 0;
        foreach (var unit in MemoryMarshal.Cast<byte, char>(bytes))
        {
            rest = (rest << 16) | unit;
        }

        return Mix(hash ^ rest);
    }

    private static ulong Mix(ulong value)
    {
        value *= 0xD6E8_FEB8_6659_FD93;
        return (value ^ (value >> 32)) * 0xD6E8_FEB8_6659_FD93;
    }

    private sealed record Entry(ulong Hash, string Word, WordToken[] Tokens);
}
