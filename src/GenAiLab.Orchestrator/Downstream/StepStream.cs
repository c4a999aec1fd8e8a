using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>
/// One stream of step mode: a question, an answer, and so on. Ends in order where the last question was answered, and
/// is cancelled otherwise. For one caller at a time.
/// </summary>
internal sealed class StepStream : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<StepRequest, StepResponse> _call;
    private readonly CancellationToken _cancellation;
    private bool _answered;

    /// <param name="decoder">Whose.</param>
    /// <param name="options">Deadline and cancellation of the stream.</param>
    public StepStream(V1.Decoder.DecoderClient decoder, CallLimits options) =>
        (_call, _cancellation) = (decoder.Step(options), options.CancellationToken);

    /// <summary>Names the stream for forks of it; empty before the first answer.</summary>
    public string SessionId { get; private set; } = "";

    /// <summary>The first question.</summary>
    /// <returns>Null: the decoder has ended the stream and said nothing.</returns>
    /// <exception cref="RpcException">As <see cref="DownstreamCall.InvokeAsync{T}"/>.</exception>
    public async Task<StepResponse?> OpenAsync(StepOpen open)
    {
        var response = await AskAsync(new StepRequest { Open = open });
        SessionId = response?.SessionId ?? "";
        return response;
    }

    /// <summary>Every further question.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public Task<StepResponse?> AppendAsync(StepAppend append) => AskAsync(new StepRequest { Append = append });

    public async ValueTask DisposeAsync()
    {
        if (_answered && !_cancellation.IsCancellationRequested)
        {
            await TryAsync(_call.RequestStream.CompleteAsync);
            await _call.ResponseStream.EndAsync();
        }

        _call.Dispose();
    }

    private async Task<StepResponse?> AskAsync(StepRequest request)
    {
        _answered = false;
        // A stream that the decoder has ended refuses writes, and one whose connection breaks fails in the middle of one,
        // as HTTP does; the read that follows tells why it ended.
        await TryAsync(() => _call.RequestStream.WriteAsync(request));
        _answered = await _call.ResponseStream.ReadAsync(_cancellation);
        return _answered ? _call.ResponseStream.Current : null;
    }

    private static async Task TryAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException or IOException)
        {
        }
    }
}
