using System.Buffers.Text;
using System.Globalization;
using System.Text;
using GenAiLab.Preferences.Storage;
using GenAiLab.ServiceDefaults;

namespace GenAiLab.Preferences;

/// <summary>
/// Where the next page begins and of which listing, as text that callers hand back. It holds nothing secret
/// and is checked as any other input.
/// </summary>
internal static class PageToken
{
    // Of another release: refused, and the caller begins again.
    private const string Version = "1";

    public static string Write(bool newestFirst, string rater, PagePosition position) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        string.Join('\n', Version, Order(newestFirst), position.Microseconds.ToString(CultureInfo.InvariantCulture), position.Id, rater)));

    /// <returns>Null for the first page.</returns>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it is not from such a listing.</exception>
    public static PagePosition? Read(string token, bool newestFirst, string rater)
    {
        if (token.Length == 0)
        {
            return null;
        }

        // Rater and id are short; a longer token is none of ours.
        if (token.Length <= 1024 && Base64Url.IsValid(token)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('\n') is [Version, var order, var time, var id, var of]
            && order == Order(newestFirst) && of == rater && PreferenceChecks.IsId(id)
            && long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var microseconds))
        {
            return new PagePosition(microseconds, id);
        }

        throw RpcErrors.InvalidArgument("page_token", "is not from a call with this order and rater; begin without one");
    }

    private static string Order(bool newestFirst) => newestFirst ? "newest" : "oldest";
}
