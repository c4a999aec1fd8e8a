using GenAiLab.Client;
using Grpc.Core;

namespace GenAiLab.WebConsole.Services;

/// <summary>What a page says of a call that failed.</summary>
internal static class Problem
{
    /// <summary>A sentence for people.</summary>
    public static string Describe(RpcException error) => error.StatusCode switch
    {
        StatusCode.Unavailable => "A service does not answer. The lab may be starting, or one of its services is down; try again.",
        StatusCode.DeadlineExceeded => "The service took too long to answer.",
        StatusCode.Unauthenticated => "The lab wants an API key: start the console with GENAILAB_API_KEY set.",
        StatusCode.PermissionDenied => "The console's API key may not do this.",
        StatusCode.ResourceExhausted when error.GetRetryDelay() is { } delay => $"The lab is full; try again in {Math.Max(1, delay.TotalSeconds):0} s.",
        _ => Sentence(error.Status.Detail),
    };

    private static string Sentence(string detail) => detail.Length <= 500 ? detail : detail[..500] + "…";
}
