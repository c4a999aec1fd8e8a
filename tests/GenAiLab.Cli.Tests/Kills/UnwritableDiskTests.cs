using System.Diagnostics;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Tests.Kills;

/// <summary>A disk that is full or can only be read: the command says what to mend, and what was there is there.</summary>
public sealed class UnwritableDiskTests : IDisposable
{
    private const string ReadOnly = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec dotnet \"$@\"";

    // A disk of its own for the process, with what is in the folder and 64 KiB more. Then all that is on it, for who looks from outside.
    private const string Full = """
        used=$(du -sk --apparent-size "$0" | cut -f1) && cp -r "$0" "$0.copy" && mount -t tmpfs -o size=$((used + 64))k tmpfs "$0" && cp -r "$0.copy"/. "$0" && before=$(find "$0" | sort)
        dotnet "$@"; code=$?
        test "$before" = "$(find "$0" | sort)" && diff -r "$0" "$0.copy" && exit $code; exit 99
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly string Source = Path.Combine(ModelsRoot.Find(null, AppContext.BaseDirectory), "lab-draft");
    private readonly string _root = Directory.CreateTempSubdirectory("unwritable-").FullName;

    private string Models => Path.Combine(_root, "models");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("models", "quantize", "SOURCE", "--format", "int4", "--out", "MODELS/lab-base-smoke", "--force")]
    [InlineData("models", "quantize", "SOURCE", "--format", "int4", "--out", "MODELS/new")]
    [InlineData("train", "base", "--smoke", "--models", "MODELS")]
    [InlineData("train", "topics", "--models", "MODELS")]
    public async Task A_disk_that_can_only_be_read_is_named_before_anything_is_done(params string[] command)
    {
        WriteModel();
        var before = FolderPrint.Of(Path.Combine(Models, "lab-base-smoke"));

        var (exitCode, error) = await RunAsync(ReadOnly, command);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"lab: nothing can be written in {Models}: make it writable", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Equal(before, FolderPrint.Of(Path.Combine(Models, "lab-base-smoke")));
        Assert.Equal([Path.Combine(Models, "lab-base-smoke")], Directory.GetFileSystemEntries(Models));
    }

    [Fact]
    public async Task A_full_disk_keeps_the_folder_that_was_to_be_replaced_and_nothing_is_left_beside_it()
    {
        WriteModel();

        var (exitCode, error) = await RunAsync(Full, "models", "quantize", "SOURCE", "--format", "int8", "--out", "MODELS/lab-base-smoke", "--force");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("lab: ", error, StringComparison.Ordinal);
        Assert.Contains("No space left", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    // Whatever model: none of the commands reads it.
    private void WriteModel()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Models, "lab-base-smoke")).FullName;
        foreach (var file in Directory.GetFiles(Source))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    // In a mount namespace of its own: nobody else sees the disk.
    private async Task<(int ExitCode, string Error)> RunAsync(string script, params string[] command)
    {
        Assert.SkipUnless(CanMount(Models), "needs CAP_SYS_ADMIN, to mount a disk");
        var cancellation = TestContext.Current.CancellationToken;
        var arguments = command.Select(argument => argument.Replace("SOURCE", Source, StringComparison.Ordinal).Replace("MODELS", Models, StringComparison.Ordinal));
        using var process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "sh", "-c", script, Models, Path.Combine(AppContext.BaseDirectory, "lab.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation).WaitAsync(Patience, cancellation);
        await output.WaitAsync(Patience, cancellation);
        return (process.ExitCode, await error.WaitAsync(Patience, cancellation));
    }

    private static bool CanMount(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        using var process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "mount", "--bind", folder, folder]) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
