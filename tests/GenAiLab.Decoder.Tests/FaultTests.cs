using GenAiLab.Models.Onnx;
using GenAiLab.V1;
using Google.Protobuf;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>One stream's failure is its own.</summary>
public sealed class FaultTests
{
    // The embedding of the graph ends here, though the configuration promises more ids.
    private const int PoisonousToken = 95;

    // The proof of determinism would find these models out when they are loaded.
    private static readonly (string, string) Unproven = ("Decoder:Deterministic", "false");

    [Fact]
    public async Task ATokenThatMakesTheModelFailEndsOnlyItsOwnStream()
    {
        await using var host = await DecoderHost.StartAsync(static root => TinyModel.Write(root, "tiny", Poisonous()), Unproven);
        var calls = Enumerable.Range(0, 6).Select(_ => host.Client.Step(DecoderHost.Options)).ToList();
        foreach (var (call, at) in calls.Select(static (call, at) => (call, at)))
        {
            await DecoderHost.ExchangeAsync(call, DecoderHost.Open([at, 1, 2]));
        }

        for (var round = 0; round < 5; round++)
        {
            var answers = await Task.WhenAll(calls.Select((call, at) => DecoderHost.ExchangeAsync(call, DecoderHost.Append(at == 3 && round == 2 ? PoisonousToken : round))));
            for (var at = 0; at < answers.Length; at++)
            {
                Assert.Equal(at == 3 && round == 2 ? FinishReason.Error : FinishReason.Unspecified, answers[at].Finish);
            }

            if (round == 2)
            {
                calls[3].Dispose();
                calls.RemoveAt(3);
                calls.Insert(3, host.Client.Step(DecoderHost.Options));
                await DecoderHost.ExchangeAsync(calls[3], DecoderHost.Open([3, 1, 2]));
            }
        }

        calls.ForEach(static call => call.Dispose());
        await host.WaitForSlotsInUseAsync(0);
    }

    [Fact]
    public async Task ASequenceOnWhichTheModelFailsHasNoScore()
    {
        await using var host = await DecoderHost.StartAsync(static root => TinyModel.Write(root, "tiny", Poisonous()), Unproven);
        var failure = await DecoderHost.FailureAsync(async () =>
            await host.Client.ScoreAsync(new ScoreRequest { Tokens = DecoderHost.Ids(1, PoisonousToken, 3) }, DecoderHost.Options));
        Assert.Equal(StatusCode.Internal, failure.Code);
        Assert.Single((await host.Client.ScoreAsync(new ScoreRequest { Tokens = DecoderHost.Ids(1, 2) }, DecoderHost.Options)).Tokens);
    }

    [Fact]
    public async Task AClientThatIsSilentForTooLongLosesItsSlot()
    {
        await using var host = await DecoderHost.StartAsync(settings: ("Decoder:StepIdleTimeout", "00:00:00.1"));
        using var call = host.Client.Step(DecoderHost.Options);
        await DecoderHost.ExchangeAsync(call, DecoderHost.Open([1]));
        var failure = await DecoderHost.FailureAsync(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.Code);
        await host.WaitForSlotsInUseAsync(0);
    }

    [Fact]
    public async Task ARunThatTakesTooLongMakesTheServiceUnhealthyUntilItEnds()
    {
        await using var host = await DecoderHost.StartAsync(static root => TinyModel.Write(root, "tiny", Slow()), Unproven, ("Decoder:RunTimeout", "00:00:00.02"));
        Assert.Null(host.Readiness.Obstacle);
        var running = host.GenerateAsync(new GenerateTokensRequest { Prompt = DecoderHost.Ids(1), MaxTokens = 1, Sampling = new SamplingProgram { Temperature = 0 } });
        while (host.Readiness.IsReady)
        {
            Assert.False(running.IsCompleted, "the run was too short to be noticed");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Contains("0.02 s", host.Readiness.Obstacle);
        await running;
        while (!host.Readiness.IsReady)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    // The embedding looked up is shorter than the vocabulary: an id beyond it is an error of the Gather.
    private static ModelProto Poisonous()
    {
        var model = TinyModel.Graph();
        var whole = model.Graph.Initializer.Single(static tensor => tensor.Name == "embedding");
        var row = whole.RawData.Length / TinyModel.Config.VocabularySize;
        var cut = new TensorProto { Name = "short_embedding", DataType = whole.DataType, RawData = ByteString.CopyFrom(whole.RawData.Span[..(row * PoisonousToken)]) };
        cut.Dims.AddRange([PoisonousToken, TinyModel.Config.HiddenSize]);
        model.Graph.Initializer.Add(cut);
        model.Graph.Node.Single(static node => node.OpType == "Gather" && node.Input[0] == "embedding").Input[0] = cut.Name;
        return model;
    }

    // A product so large that every run takes its time.
    private static ModelProto Slow()
    {
        var model = TinyModel.Graph();
        var builder = new OnnxGraphBuilder("slow");
        var embed = model.Graph.Node.Single(static node => node.OpType == "Gather" && node.Input[0] == "embedding");
        var embedded = embed.Output[0];
        var large = builder.Node("Expand", [builder.Node("ReduceMax", [embedded], ("keepdims", 0)), builder.Integers(1 << 22)]);
        var busy = builder.Node("Cos", [builder.Node("Sin", [builder.Node("Tan", [large])])]);
        var zero = builder.Node("Mul", [builder.Node("ReduceMax", [busy], ("keepdims", 0)), builder.Scalar(0)]);
        var slow = builder.Node("Add", [embedded, zero]);
        foreach (var user in model.Graph.Node)
        {
            for (var at = 0; at < user.Input.Count; at++)
            {
                user.Input[at] = user.Input[at] == embedded ? $"slow.{slow}" : user.Input[at];
            }
        }

        var extra = builder.Build().Graph;
        var place = model.Graph.Node.IndexOf(embed);
        foreach (var node in extra.Node)
        {
            for (var at = 0; at < node.Input.Count; at++)
            {
                node.Input[at] = node.Input[at] == embedded ? embedded : $"slow.{node.Input[at]}";
            }

            node.Name = node.Output[0] = $"slow.{node.Output[0]}";
            model.Graph.Node.Insert(++place, node);
        }

        foreach (var tensor in extra.Initializer)
        {
            tensor.Name = $"slow.{tensor.Name}";
            model.Graph.Initializer.Add(tensor);
        }

        return model;
    }
}
