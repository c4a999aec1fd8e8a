using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenAiLab.Training.Chat;

namespace GenAiLab.Training.Optimization;

/// <summary>Tells a run's initial weights and data from another's, so that no checkpoint is taken up by the wrong run.</summary>
internal static class DataFingerprint
{
    /// <summary>SHA-256 of the weights and the sequences, lower-case hexadecimal.</summary>
    public static string Of(ReadOnlySpan<float> weights, IEnumerable<int[]> sequences)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(weights));
        foreach (var sequence in sequences)
        {
            hash.AppendData(BitConverter.GetBytes(sequence.Length));
            hash.AppendData(MemoryMarshal.AsBytes<int>(sequence));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same for conversations.</summary>
    public static string Of(ReadOnlySpan<float> weights, IEnumerable<TokenizedConversation> conversations) =>
        Of(weights, conversations.Select(static conversation => conversation.Ids));
}
