namespace GenAiLab.Sampling;

/// <summary>
/// Counter-based random numbers: the number for a position depends on (seed, position) only, never on
/// history, so a generation can be resumed anywhere. Philox4x32-10 of Salmon, Moraes, Dror and Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
/// </summary>
public static class CounterRandom
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    /// <param name="seed">Key: one stream of numbers per seed.</param>
    /// <param name="position">Counter: the place in that stream.</param>
    /// <param name="purpose">What the number decides: independent streams, so that a position may need several.</param>
    public static double Uniform(ulong seed, long position, RandomPurpose purpose = RandomPurpose.Draw)
    {
        var block = Philox((uint)position, (uint)((ulong)position >> 32), (uint)purpose, 0, (uint)seed, (uint)(seed >> 32));
        var bits = ((ulong)block.C0 << 32) | block.C1;
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    internal static (uint C0, uint C1, uint C2, uint C3) Philox(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = (ulong)Multiplier0 * c0;
            var product1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ key1, (uint)product0);
            key0 += Weyl0;
            key1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }
}
