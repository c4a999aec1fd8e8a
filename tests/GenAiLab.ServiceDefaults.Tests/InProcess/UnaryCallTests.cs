using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;

namespace GenAiLab.ServiceDefaults.Tests.InProcess;

public sealed class UnaryCallTests
{
    [Theory, CombinedTransports]
    public async Task The_answer_arrives_with_an_OK_status(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var call = host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "hello" }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("hello", (await call.ResponseAsync.Patiently()).Vocabulary.Name);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory, CombinedTransports]
    public async Task A_rejected_field_comes_with_its_BadRequest(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);

        var error = await Within.FailsAsync(() => host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "invalid" }).ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("text: is not welcome", error.Status.Detail);
        var violation = Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations);
        Assert.Equal(("text", "is not welcome"), (violation.Field, violation.Description));
    }

    [Theory, CombinedTransports]
    public async Task An_unexpected_exception_tells_nothing_of_our_insides(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);

        var error = await Within.FailsAsync(() => host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "bug" }).ResponseAsync);

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Equal("the service failed; its log says more", error.Status.Detail);
        Assert.DoesNotContain(error.Trailers, static trailer => trailer.Key.StartsWith("grpc-status-details", StringComparison.Ordinal));
    }

    [Theory, CombinedTransports]
    public async Task A_status_set_by_the_handler_fails_the_call_with_its_trailers(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);

        var error = await Within.FailsAsync(() => host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "status" }).ResponseAsync);

        Assert.Equal((StatusCode.DataLoss, "lost"), (error.StatusCode, error.Status.Detail));
        Assert.Equal("scripted", error.Trailers.GetValue("reason"));
    }

    [Theory, CombinedTransports]
    public async Task A_call_is_measured_by_the_RPC_conventions_with_the_status_that_its_caller_saw(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        var measured = new ConcurrentQueue<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "rpc.server.call.duration" && ReferenceEquals(instrument.Meter.Scope, host.Meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            measured.Enqueue($"{string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))} {instrument.Unit}"));
        listener.Start();

        await host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "hello" }).ResponseAsync.Patiently();
        await Within.FailsAsync(() => host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "invalid" }).ResponseAsync);
        await Within.FailsAsync(() => host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "bug" }).ResponseAsync);
        while (measured.Count < 3)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        const string Method = "rpc.system.name=grpc rpc.method=genailab.v1.Tokenizer/Encode rpc.response.status_code=";
        Assert.Equal([$"{Method}INTERNAL error.type=INTERNAL s", $"{Method}INVALID_ARGUMENT s", $"{Method}OK s"], measured.Order(StringComparer.Ordinal));
    }

    [Theory, CombinedTransports]
    public async Task Headers_travel_both_ways(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var call = host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "headers" }, [new("question", "42")]);

        Assert.Equal("42", (await call.ResponseHeadersAsync.Patiently()).GetValue("answer"));
        await call.ResponseAsync.Patiently();
    }

    [Theory, CombinedTransports]
    public async Task Cancelling_ends_the_call_and_the_handler(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        using var cancellation = new CancellationTokenSource();
        using var call = host.TokenizerClient.EncodeAsync(new EncodeRequest { Text = "wait" }, cancellationToken: cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Within.FailsAsync(() => call.ResponseAsync)).StatusCode);
    }

    [Theory, CombinedTransports]
    public async Task Disposing_the_call_cancels_the_handler(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        var call = host.TokenizerClient.ListPieces(new ListPiecesRequest { Vocabulary = "wait" });
        for (var read = 0; read < 100; read++)
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
        }

        call.Dispose();

        await host.Tokenizer.SawCancellation.Patiently();
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Theory, CombinedTransports]
    public async Task A_deadline_ends_the_call_and_the_handler(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);
        await host.TokenizerClient.EncodeAsync(new EncodeRequest()).ResponseAsync.Patiently(); // So that the deadline does not pass on the way.
        using var call = host.TokenizerClient.EncodeAsync(
            new EncodeRequest { Text = "wait" }, deadline: DateTime.UtcNow.AddSeconds(2));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Within.FailsAsync(() => call.ResponseAsync)).StatusCode);
        await host.Tokenizer.SawCancellation.Patiently();
    }

    [Theory, CombinedTransports]
    public async Task A_method_that_the_service_lacks_is_UNIMPLEMENTED(Transport transport)
    {
        await using var host = await ServiceHost.StartAsync(transport);

        var error = await Within.FailsAsync(() => host.TokenizerClient.DecodeAsync(new DecodeRequest()).ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task Blocking_calls_are_refused_in_process()
    {
        await using var host = await ServiceHost.StartAsync(Transport.InProcess);

        Assert.Throws<NotSupportedException>(() => host.TokenizerClient.Encode(new EncodeRequest()));
    }
}

/// <summary>Runs a test over the network and in process.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CombinedTransportsAttribute : Xunit.v3.DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) =>
        new([new TheoryDataRow<Transport>(Transport.Network), new TheoryDataRow<Transport>(Transport.InProcess)]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
