using System.Runtime.Versioning;
using GenAiLab.Models.Folders;

namespace GenAiLab.Models.Tests.Folders;

/// <summary>A folder that is replaced as a whole.</summary>
public sealed class StagedFolderTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly string _root = Directory.CreateTempSubdirectory("staged-").FullName;

    private string Model => Path.Combine(_root, "model");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_reader_finds_a_folder_whenever_it_looks_while_it_is_replaced()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere a folder is replaced in two steps");
        Replace("0");
        using var over = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var looks = 0;
            for (; !over.IsCancellationRequested; looks++)
            {
                Assert.True(Directory.Exists(Model), $"look {looks} found none");
            }

            return looks;
        });
        for (var at = 1; at <= 200 && !reader.IsCompleted; at++)
        {
            Replace($"{at}");
        }

        await over.CancelAsync();
        Assert.True(await reader.WaitAsync(Limit, TestContext.Current.CancellationToken) > 0);
        Assert.Equal("200", Text());
        Assert.Equal([Model], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void Files_that_are_not_written_anew_survive_and_those_of_the_folder_left_out_do_not()
    {
        Replace("old");
        Write(Path.Combine(Model, "README.md"), "card");
        Write(Path.Combine(Model, "onnx", "model.onnx"), "graph");
        Write(Path.Combine(Model, ".training", "checkpoint.bin"), "state");
        using (var staged = StagedFolder.CopyOf(Model, Path.Combine(Model, ".training")))
        {
            Write(Path.Combine(staged.Path, "text"), "new");
            Assert.Equal(("old", true), (Text(), Directory.Exists(Path.Combine(Model, ".training"))));
            staged.Commit();
        }

        Assert.Equal("new", Text());
        Assert.Equal(
            ["README.md", "onnx/model.onnx", "text"],
            Directory.GetFiles(Model, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Model, file)).Order(StringComparer.Ordinal));
        Assert.Equal([Model], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void What_is_not_committed_is_gone_and_was_never_a_model()
    {
        Replace("old");
        using (var staged = StagedFolder.Empty(Model))
        {
            Write(Path.Combine(staged.Path, "text"), "new");
            Assert.Equal([Model], ModelsRoot.Folders(_root));
        }

        Assert.Equal("old", Text());
        Assert.Equal([Model], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_and_what_a_living_one_writes_or_another_model_left_is_not()
    {
        Replace("old");
        Write(Path.Combine(_root, $".model.{Guid.NewGuid():N}", "text"), "half");
        var others = Path.Combine(_root, $".model.v2.{Guid.NewGuid():N}");
        Write(Path.Combine(others, "text"), "half");
        using var living = StagedFolder.Empty(Model);

        Replace("new");

        Assert.Equal("new", Text());
        Assert.Equal(new[] { others, living.Path, living.Path + ".writing", Model }.Order(), Directory.GetFileSystemEntries(_root).Order());
    }

    [Fact]
    public void A_lock_without_a_folder_is_removed_too()
    {
        Write(Path.Combine(_root, $".model.{Guid.NewGuid():N}.writing"), "");

        StagedFolder.Recover(Model);

        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    // A lock that ended before the new folder was in place would leave its files to whoever recovers in between.
    [Fact]
    public async Task Others_that_recover_all_the_time_take_nothing_from_one_that_is_written()
    {
        using var over = new CancellationTokenSource();
        var other = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                StagedFolder.Recover(Model);
            }
        }, TestContext.Current.CancellationToken);
        for (var at = 0; at < 200; at++)
        {
            using var staged = at % 2 == 0 ? StagedFolder.Empty(Model) : StagedFolder.InTwoSteps(Model);
            Write(Path.Combine(staged.Path, "text"), $"{at}");
            staged.Commit();
            Assert.Equal($"{at}", Text());
        }

        await over.CancelAsync();
        await other.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal([Model], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void Where_there_is_no_exchange_the_folder_is_replaced_in_two_steps()
    {
        Replace("old");
        using (var staged = StagedFolder.InTwoSteps(Model))
        {
            Write(Path.Combine(staged.Path, "text"), "new");
            staged.Commit();
        }

        Assert.Equal("new", Text());
        Assert.Equal([Model], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void A_folder_that_came_meanwhile_is_replaced_only_when_that_was_asked_for()
    {
        using (var staged = StagedFolder.Empty(Model))
        {
            Write(Path.Combine(staged.Path, "text"), "new");
            Write(Path.Combine(Model, "text"), "theirs");
            Assert.Throws<IOException>(() => staged.Commit(replace: false));
        }

        Assert.Equal("theirs", Text());
        Assert.Equal([Model], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void Links_in_a_folder_stay_links_and_may_lead_nowhere_or_back()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links are those of Unix");
        Replace("old");
        File.CreateSymbolicLink(Path.Combine(Model, "nowhere"), "../none");
        Directory.CreateSymbolicLink(Path.Combine(Model, "back"), ".");
        using (var staged = StagedFolder.CopyOf(Model))
        {
            staged.Commit();
        }

        Assert.Equal("old", Text());
        Assert.Equal(("../none", "."), (new FileInfo(Path.Combine(Model, "nowhere")).LinkTarget, new DirectoryInfo(Path.Combine(Model, "back")).LinkTarget));
    }

    [Fact]
    public void What_is_left_out_is_left_out_of_a_link_too()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links are those of Unix");
        var real = Path.Combine(_root, "real");
        Write(Path.Combine(real, ".training", "checkpoint.bin"), "state");
        Directory.CreateSymbolicLink(Model, real);

        using var staged = StagedFolder.CopyOf(Model, Path.Combine(Model, ".training"));

        Assert.Empty(Directory.GetFileSystemEntries(staged.Path));
    }

    [Fact]
    public void Where_nothing_can_be_written_that_is_said_and_what_to_mend()
    {
        var file = Path.Combine(_root, "file");
        File.WriteAllText(file, "");

        var error = Assert.Throws<IOException>(() => StagedFolder.Prepare(Path.Combine(file, "model")));

        Assert.StartsWith($"nothing can be written in {file}: make it writable", error.Message, StringComparison.Ordinal);
        StagedFolder.Prepare(Model);
        Assert.Equal([file], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void A_folder_that_was_moved_away_for_a_new_one_that_never_came_is_put_back()
    {
        Write(Path.Combine(_root, $".model.{Guid.NewGuid():N}.old", "text"), "old");

        StagedFolder.Recover(Model);

        Assert.Equal("old", Text());
        Assert.Equal([Model], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_link_to_a_folder_stays_a_link_and_a_private_folder_private()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links and modes are those of Unix");
        var real = Directory.CreateDirectory(Path.Combine(_root, "elsewhere", "real")).FullName;
        File.SetUnixFileMode(real, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateSymbolicLink(Model, real);

        Replace("new");

        Assert.Equal("new", File.ReadAllText(Path.Combine(real, "text")));
        Assert.Equal(real, new DirectoryInfo(Model).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(real));
    }

    private string Text() => File.ReadAllText(Path.Combine(Model, "text"));

    private void Replace(string text)
    {
        using var staged = StagedFolder.Empty(Model);
        Write(Path.Combine(staged.Path, "text"), text);
        staged.Commit();
    }

    private static void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
