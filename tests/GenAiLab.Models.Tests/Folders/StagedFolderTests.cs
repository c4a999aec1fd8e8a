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
        Assert.Equal(new[] { others, living.Path, Model }.Order(), Directory.GetFileSystemEntries(_root).Order());
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
