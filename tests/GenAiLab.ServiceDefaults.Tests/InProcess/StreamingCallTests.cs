using System.Diagnostics;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults.Tests.InProcess;

public sealed class StreamingCallTests
{
    private static StepRequest Append(int id) => new() { Append = new StepAppend { TokenIds = { id } } };

    [Theory, CombinedTransports]
    public async Task Responses_arrive_in_order_and_end(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var call = host.TokenizerClient.ListPieces(new ListPiecesRequest());

        Assert.Equal(Enumerable.Range(0, 100), await ReadAllAsync(call));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory, CombinedTransports]
    public async Task An_error_comes_after_the_messages_that_were_sent_before_it(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var call = host.TokenizerClient.ListPieces(new ListPiecesRequest { Vocabulary = "invalid" });
        for (var id = 0; id < 100; id++)
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
            Assert.Equal(id, call.ResponseStream.Current.FirstId);
        }

        var error = await Within.FailsAsync(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal("vocabulary", Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    [Theory, CombinedTransports]
    public async Task A_conversation_goes_back_and_forth_until_the_caller_completes_it(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var call = host.DecoderClient.Step();
        for (var turn = 1; turn <= 50; turn++)
        {
            await call.RequestStream.WriteAsync(Append(turn), TestContext.Current.CancellationToken).Patiently();
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
            Assert.Equal(turn, call.ResponseStream.Current.Position);
        }

        await call.RequestStream.CompleteAsync().Patiently();

        Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
        Assert.True(await host.Decoder.Left.Patiently());
    }

    [Theory, CombinedTransports]
    public async Task The_handler_of_a_conversation_sees_that_its_caller_left(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using (var call = host.DecoderClient.Step())
        {
            await call.RequestStream.WriteAsync(Append(1), TestContext.Current.CancellationToken).Patiently();
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
        }

        Assert.False(await host.Decoder.Left.Patiently());
    }

    [Theory, CombinedTransports]
    public async Task An_error_in_a_conversation_reaches_reader_and_writer(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var call = host.DecoderClient.Step();
        await call.RequestStream.WriteAsync(Append(-1), TestContext.Current.CancellationToken).Patiently();

        var read = await Within.FailsAsync(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var write = await Within.FailsAsync(() => call.RequestStream.WriteAsync(Append(1), TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.InvalidArgument, read.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, write.StatusCode);
    }

    [Theory, CombinedTransports]
    public async Task Cancelling_a_read_cancels_the_call(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var call = host.DecoderClient.Step();
        await call.RequestStream.WriteAsync(Append(1), TestContext.Current.CancellationToken).Patiently();
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
        using var cancellation = new CancellationTokenSource();
        var read = call.ResponseStream.MoveNext(cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Within.FailsAsync(() => read)).StatusCode);
        Assert.False(await host.Decoder.Left.Patiently());
    }

    [Fact]
    public async Task A_handler_waits_for_a_caller_that_does_not_read()
    {
        await using var host = await ServiceHost.StartAsync(Transport.InProcess);
        using var call = host.DecoderClient.GenerateTokens(new GenerateTokensRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());

        while (host.Decoder.Written < 4)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        // Nothing may be waited for here: what must not happen is more messages, at whatever time.
        for (var look = 0; look < 1000; look++)
        {
            await Task.Yield();
            Assert.InRange(host.Decoder.Written, 0, 6);
        }
    }

    [Fact]
    public async Task A_call_continues_the_callers_trace()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "GenAiLab.InProcess" or "test",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        var spans = new List<Activity>();
        listener.ActivityStopped = activity =>
        {
            lock (spans)
            {
                spans.Add(activity);
            }
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test");
        await using var host = await ServiceHost.StartAsync(Transport.InProcess);
        using var root = source.StartActivity("root")!;

        using var call = host.TokenizerClient.ListPieces(new ListPiecesRequest());
        await ReadAllAsync(call);

        Assert.Same(root, Activity.Current);
        Activity? span;
        while (true)
        {
            // The span ends just after the call: in its own time.
            lock (spans)
            {
                span = spans.Find(candidate => candidate.TraceId == root.TraceId && candidate != root);
            }

            if (span is not null)
            {
                break;
            }

            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal("genailab.v1.Tokenizer/ListPieces", span.OperationName);
        Assert.Equal(root.SpanId, span.ParentSpanId);
        Assert.Equal("OK", span.GetTagItem("rpc.response.status_code"));
    }

    private static async Task<List<int>> ReadAllAsync(AsyncServerStreamingCall<ListPiecesResponse> call)
    {
        var ids = new List<int>();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently())
        {
            ids.Add(call.ResponseStream.Current.FirstId);
        }

        return ids;
    }
}
