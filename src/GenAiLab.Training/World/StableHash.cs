using System.Security.Cryptography;
using System.Text;

namespace GenAiLab.Training.World;

/// <summary>A hash that is the same in every process; string.GetHashCode is not.</summary>
internal static class StableHash
{
    /// <summary>32 bits of SHA-256.</summary>
    public static int Of(string key) => BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>A number in [0, 1) that depends on the key only.</summary>
    public static double Share(string key) => (uint)Of(key) / (double)(1L << 32);
}
