using System.Text.RegularExpressions;
using Grpc.Core;

namespace GenAiLab.Fuzz;

/// <summary>A refusal tells its reader what is wrong, and nothing of what is inside.</summary>
internal static partial class Refusal
{
    private const int ShortestMessage = 10;

    /// <exception cref="UselessRefusalException">The message is too short to help, or names types, parameters, paths or lines of code.</exception>
    public static void Check(string message)
    {
        if (message.Length < ShortestMessage || Internal().IsMatch(message))
        {
            throw new UselessRefusalException(message);
        }
    }

    /// <summary>A call may be refused as INVALID_ARGUMENT alone.</summary>
    public static void Check(RpcException error)
    {
        if (error.StatusCode != StatusCode.InvalidArgument)
        {
            throw new UselessRefusalException(error.Status.ToString());
        }

        Check(error.Status.Detail);
    }

    [GeneratedRegex(@"System\.|GenAiLab\.|Int32|JsonElement|Parameter '|\bat [A-Z]\w+\.\w|/tmp/|/dev/shm|/home/|LineNumber|BytePosition")]
    private static partial Regex Internal();

    /// <summary>The finding of <see cref="Check(string)"/>.</summary>
    internal sealed class UselessRefusalException(string message) : Exception(message);
}
