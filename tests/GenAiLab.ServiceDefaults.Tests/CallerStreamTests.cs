using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults.Tests;

/// <summary>A stream that its caller resets, and one that cannot be read.</summary>
public sealed class CallerStreamTests
{
    [Fact]
    public async Task A_caller_that_resets_its_stream_has_left()
    {
        // As Kestrel ends the body of a request whose stream is reset, before it cancels the call's token.
        var stream = new CallerStream<int>(new Breaking(new IOException("The client reset the request stream.")));
        Assert.True(await stream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(7, stream.Current);
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_stays_one()
    {
        var stream = new CallerStream<int>(new Breaking(InvalidMessage()));
        Assert.True(await stream.MoveNext(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<InvalidProtocolBufferException>(() => stream.MoveNext(TestContext.Current.CancellationToken));
    }

    private static InvalidProtocolBufferException InvalidMessage() =>
        Assert.Throws<InvalidProtocolBufferException>(static () => V1.GenerateRequest.Parser.ParseFrom([0xFF, 0xFF]));

    // One message, then the error.
    private sealed class Breaking(Exception error) : IAsyncStreamReader<int>
    {
        public int Current { get; private set; }

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            await Task.Yield();
            return Current == 7 ? throw error : (Current = 7) == 7;
        }
    }
}
