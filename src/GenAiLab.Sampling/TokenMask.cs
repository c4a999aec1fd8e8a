using System.Numerics;

namespace GenAiLab.Sampling;

/// <summary>
/// The tokens that may be chosen, as a bitmap: bit i mod 8, the lowest first, of byte i / 8 stands for token i.
/// Ids beyond the bitmap's end are not in it.
/// </summary>
/// <param name="bits">The bitmap; not copied.</param>
public readonly struct TokenMask(ReadOnlyMemory<byte> bits)
{
    /// <summary>The bitmap.</summary>
    public ReadOnlyMemory<byte> Bits { get; } = bits;

    /// <summary>Bytes of a bitmap for a vocabulary.</summary>
    /// <param name="vocabularySize">At least 1.</param>
    public static int Length(int vocabularySize) => (vocabularySize + 7) / 8;

    /// <summary>Whether a token is in it.</summary>
    /// <param name="tokenId">At least 0.</param>
    public bool Allows(int tokenId) => (tokenId >> 3) < Bits.Length && ((Bits.Span[tokenId >> 3] >> (tokenId & 7)) & 1) != 0;

    /// <summary>Writes the logits of the allowed tokens and their ids, in order of the ids.</summary>
    /// <returns>How many.</returns>
    internal int Gather(ReadOnlySpan<float> logits, Span<int> ids, Span<float> values)
    {
        var bits = Bits.Span;
        var count = 0;
        for (var at = 0; at < bits.Length; at++)
        {
            for (uint rest = bits[at]; rest != 0; rest &= rest - 1)
            {
                var id = (at * 8) + BitOperations.TrailingZeroCount(rest);
                if (id >= logits.Length)
                    return count;
                (ids[count], values[count]) = (id, logits[id]);
                count++;
            }
        }

        return count;
    }
}
