using System.Text;

namespace GenAiLab.Balancing;

/// <summary>Prompts as chains of keys, one for each block of tokens; equal keys mean equal tokens from the start.</summary>
public static class PrefixKeys
{
    /// <summary>The most blocks of a prompt that are looked at: what lies further back decides nothing.</summary>
    public const int MaximumBlocks = 256;

    /// <summary>
    /// A key for each whole block of which a cache can be of use: the last token of a prompt is run in any case.
    /// </summary>
    /// <param name="tokens">The prompt.</param>
    /// <param name="block">Tokens of a block; at least 1.</param>
    /// <param name="seed">What else must be equal, such as model and tenant.</param>
    public static ulong[] Of(IReadOnlyList<int> tokens, int block, ulong seed)
    {
        var keys = new ulong[Math.Clamp((tokens.Count - 1) / block, 0, MaximumBlocks)];
        var key = seed;
        for (var at = 0; at < keys.Length * block; at++)
        {
            key = RoutingPolicy.Mix(key ^ (uint)tokens[at]);
            if ((at + 1) % block == 0)
            {
                keys[at / block] = key;
            }
        }

        return keys;
    }

    /// <summary>A key for names; the same in every process.</summary>
    public static ulong Of(params ReadOnlySpan<string> names)
    {
        var key = 0UL;
        foreach (var name in names)
        {
            foreach (var value in Encoding.UTF8.GetBytes(name))
            {
                key = RoutingPolicy.Mix(key ^ value);
            }

            key = RoutingPolicy.Mix(key ^ 0x100);
        }

        return key;
    }
}
