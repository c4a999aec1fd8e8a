using System.Diagnostics;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace GenAiLab.Preferences.Tests;

/// <summary>The service as a program of its own, as it is deployed.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly GrpcChannel _channel;

    private ServiceProcess(Process process, string address)
    {
        _process = process;
        _channel = GrpcChannel.ForAddress(address);
    }

    public V1.Preferences.PreferencesClient Client => new(_channel);

    /// <summary>Starts it and waits until it serves, or until it says that it cannot.</summary>
    /// <param name="connection">Its database.</param>
    /// <param name="heedsRights">Also root's process may then write only where the rights of a file allow it.</param>
    /// <param name="serving">Whether it is expected to serve.</param>
    /// <param name="disk">A folder that is a disk of half a mebibyte to the process; null: none.</param>
    /// <param name="readOnly">A folder that can only be read by the process, whatever its rights; null: none.</param>
    public static async Task<ServiceProcess> StartAsync(string connection, bool heedsRights = false, bool serving = true, string? disk = null, string? readOnly = null)
    {
        const string Small = "mount -t tmpfs -o size=512k tmpfs \"$0\" && exec dotnet \"$@\"";
        const string Bound = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec dotnet \"$@\"";
        var drop = heedsRights && Environment.IsPrivilegedProcess;
        string[] launcher = drop ? ["setpriv", "--bounding-set=-dac_override", "dotnet"]
            : (disk ?? readOnly) is { } folder ? ["unshare", "--mount", "sh", "-c", disk is null ? Bound : Small, folder]
            : ["dotnet"];
        var start = new ProcessStartInfo(launcher[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var argument in (string[])[.. launcher[1..], Path.Combine(AppContext.BaseDirectory, "GenAiLab.Preferences.dll")])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["Preferences__ConnectionString"] = connection;
        start.Environment["Kestrel__Endpoints__grpc__Url"] = "http://127.0.0.1:0";
        start.Environment["Kestrel__Endpoints__grpc__Protocols"] = "Http2";
        // It ends with this process, whatever becomes of the test.
        start.Environment["Lifetime__EndWithStandardInput"] = "true";
        var process = Process.Start(start)!;
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        DataReceivedEventHandler read = (_, line) =>
        {
            lines.Enqueue(line.Data ?? "");
            if (ListeningLine().Match(line.Data ?? "") is { Success: true } match)
            {
                listening.TrySetResult(match.Groups["address"].Value);
            }
        };
        process.OutputDataReceived += read;
        process.ErrorDataReceived += read;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException($"the service ended:\n{string.Join('\n', lines)}"));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var service = new ServiceProcess(process, await listening.Task.WaitAsync(PreferencesHost.Patience, TestContext.Current.CancellationToken));
        if (serving)
        {
            await service.WaitUntilServingAsync();
        }

        return service;
    }

    /// <summary>Gives the process's small disk sixteen times the room.</summary>
    public Task EnlargeAsync(string disk) => RemountAsync(disk, "remount,size=8m");

    /// <summary>Lets the process write to a folder that it could only read.</summary>
    public Task MakeWritableAsync(string folder) => RemountAsync(folder, "remount,bind,rw");

    private async Task RemountAsync(string folder, string options)
    {
        using var mount = Process.Start("nsenter", ["--mount", $"--target={_process.Id}", "mount", "-o", options, folder]);
        await mount.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(PreferencesHost.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, mount.ExitCode);
    }

    /// <summary>SIGKILL: it gets no chance to tidy up.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
        }

        await _process.WaitForExitAsync().WaitAsync(PreferencesHost.Patience);
        _process.Dispose();
    }

    private async Task WaitUntilServingAsync()
    {
        using var watch = new Health.HealthClient(_channel).Watch(new HealthCheckRequest(), PreferencesHost.Options());
        while (await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            if (watch.ResponseStream.Current.Status == HealthCheckResponse.Types.ServingStatus.Serving)
            {
                return;
            }
        }
    }

    [GeneratedRegex("Now listening on: (?<address>http://[^ ]+)")]
    private static partial Regex ListeningLine();
}
