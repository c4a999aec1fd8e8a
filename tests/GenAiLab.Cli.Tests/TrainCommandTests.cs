using System.CommandLine;
using GenAiLab.Cli.Commands;

namespace GenAiLab.Cli.Tests;

/// <summary>The stages one after the other at the size that takes seconds, and out of order.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("train-command-");

    public void Dispose() => _models.Delete(recursive: true);

    [Fact]
    public async Task Every_stage_starts_from_the_folder_of_the_one_before()
    {
        Assert.Equal(1, await RunAsync("sft", "--smoke"));
        Assert.Equal(1, await RunAsync("reward", "--smoke"));
        Assert.Equal(1, await RunAsync("rlhf", "--smoke"));
        Assert.Empty(_models.GetDirectories("*smoke"));

        Assert.Equal(0, await RunAsync("all", "--smoke", "--threads", "2"));

        Assert.Equal(
            ["lab-base-smoke", "lab-chat-smoke", "lab-reward-smoke", "lab-sft-smoke"],
            _models.GetFileSystemInfos().Select(static entry => entry.Name).Order(StringComparer.Ordinal));
        foreach (var name in new[] { "lab-sft-smoke", "lab-chat-smoke" })
        {
            var folder = Path.Combine(_models.FullName, name);
            Assert.Contains("chat_template", await File.ReadAllTextAsync(Path.Combine(folder, "tokenizer_config.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.True(new FileInfo(Path.Combine(folder, "curves.png")).Length > 1_000);
            Assert.False(Directory.Exists(Path.Combine(folder, ".training")));
        }

        Assert.Equal(0, await RunAsync("rlhf", "--smoke", "--method", "dpo", "--steps", "2"));
        Assert.True(File.Exists(Path.Combine(_models.FullName, "lab-chat-dpo-smoke", "model.onnx")));
    }

    [Theory]
    [InlineData("sft", "--steps", "0")]
    [InlineData("base", "--threads", "0")]
    [InlineData("rlhf", "--kl", "-1")]
    [InlineData("rlhf", "--kl", "0.1", "--method", "dpo")]
    [InlineData("rlhf", "--preferences")]
    [InlineData("rlhf", "--method", "ppo")]
    public void Options_that_make_no_sense_are_refused(params string[] arguments) =>
        Assert.NotEmpty(TrainCommand.Create().Parse(arguments).Errors);

    private Task<int> RunAsync(params string[] arguments) =>
        TrainCommand.Create().Parse([.. arguments, "--models", _models.FullName])
            .InvokeAsync(cancellationToken: TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
}
