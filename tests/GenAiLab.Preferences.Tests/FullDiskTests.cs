using System.Diagnostics;
using GenAiLab.Client;
using Grpc.Core;

namespace GenAiLab.Preferences.Tests;

/// <summary>A disk that is full: what was acknowledged is there, what was not is said, and nothing needs a restart when there is room again.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_full_disk_refuses_what_is_new_loses_nothing_and_is_used_again_when_there_is_room()
    {
        Assert.SkipUnless(CanMount(_folder.Path), "needs CAP_SYS_ADMIN, to mount a small disk");
        await using var service = await ServiceProcess.StartAsync(_folder.File("preferences.db"), disk: _folder.Path);
        List<string> acknowledged = [];
        RpcException? full = null;
        while (full is null)
        {
            try
            {
                var recorded = await service.Client.RecordPreferenceAsync(Calls.Request(new string('q', 2_000), id: $"p{acknowledged.Count}"), PreferencesHost.Options());
                acknowledged.Add(recorded.Preference.Id);
            }
            catch (RpcException error)
            {
                full = error;
            }

            Assert.True(acknowledged.Count < 1_000, "two mebibytes are on a disk of half of one");
        }

        Assert.Equal(StatusCode.Unavailable, full.StatusCode);
        Assert.Contains("full", full.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Path, full.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(acknowledged.Order(), await StoredAsync(service));

        await service.EnlargeAsync(_folder.Path);
        acknowledged.Add((await service.Client.RecordPreferenceAsync(Calls.Request(id: "after"), PreferencesHost.Options())).Preference.Id);
        Assert.Equal(acknowledged.Order(), await StoredAsync(service));
    }

    private static async Task<IEnumerable<string>> StoredAsync(ServiceProcess service) =>
        (await service.Client.ExportAsync()).Select(static preference => preference.Id).Order();

    private static bool CanMount(string folder)
    {
        using var process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
