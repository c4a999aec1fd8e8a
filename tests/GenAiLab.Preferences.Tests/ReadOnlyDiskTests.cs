using System.Diagnostics;
using GenAiLab.Client;
using Grpc.Core;

namespace GenAiLab.Preferences.Tests;

/// <summary>A disk that can only be read: that is said, and what was there is there when it can be written again.</summary>
public sealed class ReadOnlyDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_that_can_only_be_read_is_named_as_such_and_used_when_it_can_be_written(bool hasDatabase)
    {
        Assert.SkipUnless(CanMount(_folder.Path), "needs CAP_SYS_ADMIN, to mount a disk");
        var database = _folder.File("preferences.db");
        if (hasDatabase)
        {
            await using var host = await PreferencesHost.StartAsync(database);
            await host.RecordAsync(Calls.Request(id: "before"));
        }

        await using var service = await ServiceProcess.StartAsync(database, serving: false, readOnly: _folder.Path);
        var refused = await UntilAsync(service, static error => error?.StatusCode == StatusCode.FailedPrecondition);
        Assert.Matches("may the service write|writable", refused!.Status.Detail);
        Assert.DoesNotContain(_folder.Path, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(hasDatabase ? [database] : [], Directory.GetFileSystemEntries(_folder.Path));

        await service.MakeWritableAsync(_folder.Path);
        await UntilAsync(service, static error => error is null);
        Assert.Equal(hasDatabase ? ["before", "new"] : ["new"], (await service.Client.ExportAsync()).Select(static preference => preference.Id).Order());
    }

    // Asks until the answer is the one that must come: the service looks at its disk in its own time.
    private static async Task<RpcException?> UntilAsync(ServiceProcess service, Func<RpcException?, bool> isIt)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            RpcException? error = null;
            try
            {
                await service.Client.RecordPreferenceAsync(Calls.Request(id: "new"), PreferencesHost.Options());
            }
            catch (RpcException refused)
            {
                error = refused;
            }

            if (isIt(error))
            {
                return error;
            }

            Assert.True(watch.Elapsed < PreferencesHost.Patience, error?.Status.Detail ?? "it was recorded");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }
    }

    private static bool CanMount(string folder)
    {
        using var process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "mount", "--bind", folder, folder]) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
