using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>What a test asks of calls and their errors.</summary>
internal static class Streams
{
    /// <summary>All messages of a stream.</summary>
    public static async Task<IReadOnlyList<T>> AllAsync<T>(this AsyncServerStreamingCall<T> call)
    {
        using (call)
        using (var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken))
        {
            timeout.CancelAfter(Patience.Limit);
            var messages = new List<T>();
            await foreach (var message in call.ResponseStream.ReadAllAsync(timeout.Token))
            {
                messages.Add(message);
            }

            return messages;
        }
    }

    /// <summary>The one field that an INVALID_ARGUMENT names.</summary>
    public static string Field(this RpcException error)
    {
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        return Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field;
    }
}
