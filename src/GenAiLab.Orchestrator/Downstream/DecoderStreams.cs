using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>What both kinds of decoder stream need.</summary>
internal static class DecoderStreams
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);

    public static Task<bool> ReadAsync<T>(this IAsyncStreamReader<T> responses, CancellationToken cancellation) =>
        DownstreamCall.InvokeAsync("decoder", () => responses.MoveNext(cancellation), cancellation);

    /// <summary>
    /// Waits briefly for the end of a stream that has said its last word: disposing the call before that
    /// would show on the decoder's side as a cancellation of what went well.
    /// </summary>
    public static async Task EndAsync<T>(this IAsyncStreamReader<T> responses)
    {
        try
        {
            using var timeout = new CancellationTokenSource(EndTimeout);
            while (await responses.MoveNext(timeout.Token))
            {
            }
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            // The generation is complete; how its stream ended does not matter any more.
        }
    }
}
