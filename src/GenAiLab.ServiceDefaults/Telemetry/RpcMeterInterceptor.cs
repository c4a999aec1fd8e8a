using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GenAiLab.ServiceDefaults.Telemetry;

/// <summary>Measures every call from outside. The first of the interceptors: it sees the status that the caller gets.</summary>
internal sealed class RpcMeterInterceptor(RpcMeter meter) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await MeasureAsync(context, async () => response = await continuation(request, context));
        return response!;
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        MeasureAsync(context, () => continuation(request, responseStream, context));

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await MeasureAsync(context, async () => response = await continuation(requestStream, context));
        return response!;
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        MeasureAsync(context, () => continuation(requestStream, responseStream, context));

    private async Task MeasureAsync(ServerCallContext context, Func<Task> call)
    {
        CallDeadline.Note(context);
        var started = Stopwatch.GetTimestamp();
        var status = StatusCode.Unknown;
        try
        {
            await call();
            status = context.Status.StatusCode;
        }
        catch (RpcException error)
        {
            status = error.StatusCode;
            throw;
        }
        finally
        {
            meter.Record(context.Method, status, Stopwatch.GetElapsedTime(started));
        }
    }
}
