using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Decoder.Tests;

/// <summary>What model folders say of their training.</summary>
public sealed class RecordedTrainingTests
{
    [Fact]
    public async Task TheCurvesOfBothFormsAreTold()
    {
        await using var host = await StartAsync("""
            { "stage": "pre-training", "curve": [{ "Step": 250, "Loss": 2.5, "HeldOutLoss": 1.5 }, { "Step": 500, "Loss": 2 }],
              "practice": [{ "stage": "policy optimisation (GRPO)", "start": "lab-sft",
                            "curve": [{ "Step": 0, "Values": { "win_rate": 0.5 } }, { "Step": 20, "Values": { "win_rate": 0.625, "reward": -0.25 } }] }] }
            """);
        var runs = (await DescribeAsync(host, "trained")).Runs;
        Assert.Equal([("pre-training", ""), ("policy optimisation (GRPO)", "lab-sft")], runs.Select(static run => (run.Stage, run.Start)));
        Assert.Equal(["held_out_loss: 250 1.5", "loss: 250 2.5, 500 2", "reward: 20 -0.25", "win_rate: 0 0.5, 20 0.625"], runs.SelectMany(static run => run.Curves).Select(static curve =>
            $"{curve.Name}: {string.Join(", ", curve.Steps.Zip(curve.Values).Select(static point => FormattableString.Invariant($"{point.First} {point.Second}")))}"));
        Assert.Empty((await DescribeAsync(host, "tiny")).Runs);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("""{ "curve": 3 }""", "list")]
    [InlineData("""{ "curve": [1] }""", "Step")]
    [InlineData("""{ "curve": [{ "Step": 2, "Loss": 1 }, { "Step": 2, "Loss": 1 }] }""", "rising")]
    [InlineData("""{ "curve": [{ "Step": 1, "Loss": 1e999 }] }""", "finite")]
    [InlineData("""{ "curve": [{ "Step": 1, "Loss": 1, "loss": 2 }] }""", "twice")]
    [InlineData("""{ "curve": [{ "Step": 1, "<script>": 1 }] }""", "letters")]
    [InlineData("""{ "stage": "\ud800" }""", "Unicode")]
    public async Task AFileThatNoTrainingWroteIsRefusedWithTheReason(string content, string reason)
    {
        await using var host = await StartAsync(content);
        var error = await Assert.ThrowsAsync<RpcException>(() => DescribeAsync(host, "trained"));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains(reason, error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", StatusCode.InvalidArgument)]
    [InlineData("nobody", StatusCode.NotFound)]
    [InlineData("../trained", StatusCode.NotFound)]
    [InlineData("trained/", StatusCode.NotFound)]
    [InlineData("..", StatusCode.NotFound)]
    public async Task OnlyTheFoldersOfTheRootAreRead(string name, StatusCode status)
    {
        await using var host = await StartAsync("{}");
        Assert.Equal(status, (await DecoderHost.FailureAsync(() => DescribeAsync(host, name))).Code);
    }

    [Fact]
    public async Task AFolderThatIsBeingWrittenTellsNothing()
    {
        const string Unfinished = ".trained.0123456789abcdef0123456789abcdef";
        var root = "";
        await using var host = await DecoderHost.StartAsync(folder => TinyModel.Write(root = folder, "tiny"));
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(root, Unfinished)).FullName, "training.json"), "{}", TestContext.Current.CancellationToken);
        Assert.Equal(StatusCode.NotFound, (await DecoderHost.FailureAsync(() => DescribeAsync(host, Unfinished))).Code);
    }

    private static Task<DecoderHost> StartAsync(string content) => DecoderHost.StartAsync(root =>
    {
        TinyModel.Write(root, "tiny");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(root, "trained")).FullName, "training.json"), content);
    });

    private static async Task<DescribeTrainingResponse> DescribeAsync(DecoderHost host, string model) =>
        await new TrainingRecords.TrainingRecordsClient(host.Channel).DescribeTrainingAsync(new DescribeTrainingRequest { Model = model }, DecoderHost.Options);
}
