using System.CommandLine;
using System.Diagnostics;
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
        Assert.Equal(1, await RunAsync("draft", "--smoke"));
        Assert.Equal(1, await RunAsync("reward", "--smoke"));
        Assert.Equal(1, await RunAsync("rlhf", "--smoke"));
        Assert.Empty(_models.GetDirectories("*smoke"));

        Assert.Equal(0, await RunAsync("all", "--smoke", "--threads", "2"));

        Assert.Equal(
            ["lab-base-smoke", "lab-chat-smoke", "lab-draft-smoke", "lab-guard-smoke", "lab-reward-smoke", "lab-sft-smoke"],
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

    [Fact]
    public async Task A_full_disk_keeps_the_last_checkpoint_and_the_command_goes_on_from_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "needs bash to limit the size of files");
        Assert.Equal(0, await RunAsync("base", "--smoke", "--threads", "2"));
        string[] command = ["sft", "--smoke", "--threads", "2"];

        // Interrupted before its first step, which leaves a checkpoint.
        var interrupted = await TrainCommand.Create().Parse([.. command, "--models", _models.FullName])
            .InvokeAsync(cancellationToken: new CancellationToken(canceled: true)).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(CommandErrors.Interrupted, interrupted);
        var checkpoint = Path.Combine(_models.FullName, "lab-sft-smoke", ".training", "checkpoint.bin");
        var before = await File.ReadAllBytesAsync(checkpoint, TestContext.Current.CancellationToken);

        var (exitCode, error) = await RunLimitedAsync(before.Length / 2048, ["train", .. command, "--models", _models.FullName]);

        Assert.Equal(1, exitCode);
        Assert.Contains("is the disk full?", error, StringComparison.Ordinal);
        Assert.Equal(checkpoint, Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(checkpoint)!)));
        Assert.Equal(before, await File.ReadAllBytesAsync(checkpoint, TestContext.Current.CancellationToken));
        Assert.Equal(0, await RunAsync(command));
        Assert.False(File.Exists(checkpoint));
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

    // A process whose files cannot grow beyond so many KiB; the signal that would end it is ignored, so that writing fails.
    private static async Task<(int ExitCode, string Error)> RunLimitedAsync(int kibibytes, string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("/bin/bash", ["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec dotnet \"$@\"", $"{kibibytes}", Path.Combine(AppContext.BaseDirectory, "lab.dll"), .. arguments])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,

                // Generated code is mapped by way of a file, which would be too large.
                Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
            },
        };
        process.Start();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await output.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return (process.ExitCode, await error.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    private Task<int> RunAsync(params string[] arguments) =>
        TrainCommand.Create().Parse([.. arguments, "--models", _models.FullName])
            .InvokeAsync(cancellationToken: TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
}
