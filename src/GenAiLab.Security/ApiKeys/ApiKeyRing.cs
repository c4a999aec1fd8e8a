using System.Security.Cryptography;

namespace GenAiLab.Security.ApiKeys;

/// <summary>The keys in force at one time. Immutable.</summary>
public sealed class ApiKeyRing(IReadOnlyList<ApiKey> keys)
{
    // Longer than any key of ours; what is longer still is not hashed.
    private const int MaximumPresented = 256;

    /// <summary>All of them.</summary>
    public IReadOnlyList<ApiKey> Keys => keys;

    /// <summary>
    /// The key that was presented, or null. Its hash is compared with every key's, in constant time and
    /// past a match, so that the time tells neither how much of a hash agrees nor which key it is.
    /// </summary>
    public ApiKey? Find(string presented)
    {
        if (presented.Length is 0 or > MaximumPresented)
        {
            return null;
        }

        var hash = ApiKey.HashOf(presented);
        ApiKey? found = null;
        foreach (var key in keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, key.Hash) ? key : found;
        }

        return found;
    }
}
