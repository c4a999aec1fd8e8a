using GenAiLab.Orchestrator.Tests.Fakes;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;

namespace GenAiLab.Orchestrator.Tests.Generate;

public sealed class FailureTests
{
    public static TheoryData<LoopMode> Modes => GenerateTests.Modes;

    [Theory, MemberData(nameof(Modes))]
    public async Task A_client_that_cancels_in_mid_stream_frees_the_decoder(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = static (generated, cancellation) => generated < 2 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellation);
        using var cancellation = new CancellationTokenSource();
        using var call = lab.Client.Generate(Valid(mode), cancellationToken: cancellation.Token);
        for (var read = 0; read < 3; read++)
        {
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
        }

        await cancellation.CancelAsync();

        await lab.Decoder.Cancelled.Patiently();
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await NextRequestWorksAsync(lab, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_client_that_vanishes_frees_the_decoder(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = static (generated, cancellation) => generated < 2 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, cancellation);
        using (var channel = Grpc.Net.Client.GrpcChannel.ForAddress($"http://{lab.Channel.Target}"))
        {
            var call = new V1.Orchestrator.OrchestratorClient(channel).Generate(Valid(mode));
            for (var read = 0; read < 3; read++)
            {
                Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());
            }
        }

        await lab.Decoder.Cancelled.Patiently();
        await NextRequestWorksAsync(lab, mode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_deadline_ends_the_decoders_work_too(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        await NextRequestWorksAsync(lab, mode); // So that the deadline does not pass on the way to the decoder.
        lab.Decoder.BeforeToken = static (_, cancellation) => Task.Delay(Timeout.Infinite, cancellation);
        using var call = lab.Client.Generate(Valid(mode), deadline: DateTime.UtcNow.AddSeconds(3));

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently())
            {
            }
        });

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await lab.Decoder.Cancelled.Patiently();
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_stop_sequence_ends_the_decoders_session(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lab.Decoder.BeforeToken = async (generated, cancellation) =>
        {
            if (generated == 3)
            {
                using var registration = cancellation.Register(() => blocked.TrySetResult());
                await blocked.Task;
                cancellation.ThrowIfCancellationRequested();
            }
        };
        var request = Valid(mode);
        request.Stop.Add("xxx");

        var generation = await lab.GenerateAsync(request);

        Assert.Equal((FinishReason.StopSequence, ""), (generation.Finished.Reason, generation.Text));
        await NoSessionsAsync(lab);
    }

    [Fact]
    public async Task Without_a_decoder_calls_are_UNAVAILABLE_and_work_again_when_it_is_back()
    {
        await using var lab = await FakeLab.StartAsync();
        await NextRequestWorksAsync(lab, LoopMode.Pushdown);

        await lab.StopDecoderAsync();
        foreach (var mode in new[] { LoopMode.Pushdown, LoopMode.Step })
        {
            var error = await lab.FailsAsync(Valid(mode));
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
            Assert.Equal("the decoder service is not reachable", error.Status.Detail);
        }

        await lab.RestartDecoderAsync();
        await NextRequestWorksAsync(lab, LoopMode.Pushdown);
        await NextRequestWorksAsync(lab, LoopMode.Step);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_decoder_that_dies_in_mid_stream_is_UNAVAILABLE(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        var died = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lab.Decoder.BeforeToken = async (generated, cancellation) =>
        {
            if (generated == 2)
            {
                died.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellation);
            }
        };
        var generating = lab.FailsAsync(Valid(mode));
        await died.Task.Patiently();

        await lab.StopDecoderAsync();

        Assert.Equal(StatusCode.Unavailable, (await generating).StatusCode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_full_decoder_says_when_to_come_back(LoopMode mode)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = static (_, _) => throw RpcErrors.ResourceExhausted("every slot is taken", TimeSpan.FromSeconds(3));

        var error = await lab.FailsAsync(Valid(mode));

        Assert.Equal((StatusCode.ResourceExhausted, "every slot is taken"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(3, error.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
        await NextRequestWorksAsync(lab, mode);
    }

    [Theory]
    [InlineData("open.prompt.ids[3]", "tokens.ids[3]")]
    [InlineData("prompt.ids[3]", "tokens.ids[3]")]
    [InlineData("prompt", "prompt")]
    [InlineData("sampling.top_p", "sampling.top_p")]
    public async Task What_the_decoder_refuses_is_told_in_our_fields(string theirs, string ours)
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = (_, _) => throw RpcErrors.InvalidArgument(theirs, "is wrong");

        var error = await lab.FailsAsync(Valid(LoopMode.Step));

        Assert.Equal((StatusCode.InvalidArgument, $"{ours}: is wrong"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(ours, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    [Fact]
    public async Task A_bug_of_the_decoders_is_INTERNAL_without_detail()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.BeforeToken = static (_, _) => throw new FormatException("/secret/path");

        var error = await lab.FailsAsync(Valid(LoopMode.Pushdown));

        Assert.Equal((StatusCode.Internal, "the decoder service failed; its log says more"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task A_model_that_cannot_be_called_says_why()
    {
        await using var lab = await FakeLab.StartAsync();
        lab.Decoder.Models.Add(FakeDecoder.Describe("broken", ModelState.Failed, "model.onnx is truncated"));
        lab.Decoder.Models.Add(FakeDecoder.Describe("late", ModelState.Loading));

        var unknown = await lab.FailsAsync(new GenerateRequest(Valid(LoopMode.Step)) { Model = "nobody" });
        var broken = await lab.FailsAsync(new GenerateRequest(Valid(LoopMode.Step)) { Model = "broken" });
        var late = await lab.FailsAsync(new GenerateRequest(Valid(LoopMode.Step)) { Model = "late" });

        Assert.Equal((StatusCode.NotFound, "there is no model 'nobody'; there is: fake-base, broken, late"), (unknown.StatusCode, unknown.Status.Detail));
        Assert.Equal((StatusCode.FailedPrecondition, "model 'broken' could not be loaded: model.onnx is truncated"), (broken.StatusCode, broken.Status.Detail));
        Assert.Equal((StatusCode.Unavailable, "model 'late' is being loaded"), (late.StatusCode, late.Status.Detail));

        lab.Decoder.Models.Add(FakeDecoder.Describe("mute", ModelState.Ready));
        lab.Decoder.Models[^1].Vocabulary = "nothing";
        var mute = await lab.FailsAsync(new GenerateRequest(Valid(LoopMode.Step)) { Model = "mute" });
        Assert.Equal(
            (StatusCode.FailedPrecondition, "model 'mute' needs the vocabulary 'nothing', which the tokenizer does not serve"),
            (mute.StatusCode, mute.Status.Detail));

        // Bad news is not remembered.
        lab.Decoder.Models[2].State = ModelState.Ready;
        Assert.Equal("xx", (await lab.GenerateAsync(new GenerateRequest(Valid(LoopMode.Step)) { Model = "late", MaxTokens = 2 })).Text);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_client_that_does_not_read_holds_the_loop(LoopMode mode)
    {
        await using var lab = await FakeLab.StartInProcessAsync();
        using var call = lab.Client.Generate(Valid(mode));
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently());

        await Patience.UntilAsync(() => lab.Decoder.Written >= 4);
        // Nothing may be waited for here: what must not happen is more tokens, at whatever time.
        for (var look = 0; look < 2000; look++)
        {
            await Task.Yield();
            Assert.InRange(lab.Decoder.Written, 0, 14);
        }
    }

    [Fact]
    public async Task Health_says_SERVING_once_the_decoder_is_there()
    {
        await using var lab = await FakeLab.StartAsync(withDecoder: false);
        using var timeout = new CancellationTokenSource(Patience.Limit);
        using var watch = new Health.HealthClient(lab.Channel).Watch(new HealthCheckRequest(), cancellationToken: timeout.Token);
        Assert.True(await watch.ResponseStream.MoveNext(timeout.Token));
        Assert.NotEqual(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);

        await lab.RestartDecoderAsync();

        while (watch.ResponseStream.Current.Status != HealthCheckResponse.Types.ServingStatus.Serving)
        {
            Assert.True(await watch.ResponseStream.MoveNext(timeout.Token));
        }
    }

    [Fact]
    public async Task A_default_model_that_failed_is_the_reason_for_NOT_SERVING()
    {
        await using var lab = await FakeLab.StartInProcessAsync(FakeDecoder.Describe("fake-base", ModelState.Failed, "model.onnx is truncated"));

        await lab.Readiness.Verdict.Patiently();

        Assert.Equal("model 'fake-base' could not be loaded: model.onnx is truncated", lab.Readiness.Obstacle);
    }

    private static GenerateRequest Valid(LoopMode mode) => new() { Text = "Hi", Mode = mode, MaxTokens = 40, Sampling = new SamplingProgram { Temperature = 0 } };

    private static async Task NextRequestWorksAsync(FakeLab lab, LoopMode mode)
    {
        lab.Decoder.BeforeToken = static (_, _) => Task.CompletedTask;
        Assert.Equal("xx", (await lab.GenerateAsync(new GenerateRequest(Valid(mode)) { MaxTokens = 2 })).Text);
        await NoSessionsAsync(lab);
    }

    private static Task NoSessionsAsync(FakeLab lab) => Patience.UntilAsync(() => lab.Decoder.Sessions == 0);
}
