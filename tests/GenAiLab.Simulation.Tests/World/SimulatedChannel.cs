using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Simulation.Tests.World;

/// <summary>A connection to one simulated decoder.</summary>
/// <param name="decoder">Whose.</param>
/// <param name="time">The simulation's.</param>
/// <param name="isDuplicated">Which requests arrive twice.</param>
internal sealed class SimulatedChannel(SimulatedDecoder decoder, SimulatedTime time, Func<int, bool> isDuplicated) : ChannelBase("simulated")
{
    public override CallInvoker CreateCallInvoker() => new Invoker(decoder, time, isDuplicated);

    private sealed class Invoker(SimulatedDecoder decoder, SimulatedTime time, Func<int, bool> isDuplicated) : CallInvoker
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            var answer = new TaskCompletionSource<TResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
            var (forth, back) = (TimeSpan.Zero, TimeSpan.Zero);
            // Deadlines are instants of the wall clock; what a call has is the time that is left, whatever that clock does then.
            var left = options.Deadline is { } deadline ? deadline - time.GetUtcNow().UtcDateTime : TimeSpan.FromHours(1);
            time.After(left, () => answer.TrySetException(new RpcException(new Status(StatusCode.DeadlineExceeded, "no answer in time"))));
            options.CancellationToken.Register(() => answer.TrySetException(new RpcException(new Status(StatusCode.Cancelled, "Call canceled by the client."))));
            decoder.Link.Send(ref forth, () => decoder.Report(
                report => decoder.Link.Send(ref back, () => answer.TrySetResult((TResponse)(object)report)),
                () => decoder.Link.Send(ref back, () => answer.TrySetException(new RpcException(new Status(StatusCode.Unavailable, "refused", new HttpRequestException()))))));
            return new AsyncUnaryCall<TResponse>(answer.Task, Task.FromResult(new Metadata()), static () => Status.DefaultSuccess, static () => [], static () => { });
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            var asked = (GenerateTokensRequest)(object)request;
            var stream = new SimulatedStream(decoder, asked.Clone(), options, isDuplicate: false);
            if (isDuplicated(stream.Number))
            {
                _ = new SimulatedStream(decoder, asked.Clone(), options, isDuplicate: true);
            }

            return new AsyncServerStreamingCall<TResponse>(
                (IAsyncStreamReader<TResponse>)(object)stream, Task.FromResult(new Metadata()), static () => Status.DefaultSuccess, static () => [], stream.Leave);
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
