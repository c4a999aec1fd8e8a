using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GenAiLab.Deploy.Tests.Processes;

/// <summary>One service as compose starts it: its image's layout, user, root and environment, as processes of this machine.</summary>
internal sealed class Container : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;

    private Container(Process process) => _process = process;

    /// <summary>What it has printed.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Bytes that are resident now.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>What lies in its /tmp, the only place where it may write.</summary>
    public IEnumerable<string> Written => Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/root/tmp").Select(static path => Path.GetFileName(path));

    /// <param name="network">Where it runs.</param>
    /// <param name="folder">A folder for its parts; "app" in it is the image's /app.</param>
    /// <param name="models">What is mounted at /models.</param>
    /// <param name="user">UID:GID.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="command">What is run, as the image or the health check has it.</param>
    public static Container Start(
        NetworkNamespace network, string folder, string models, string user, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> command)
    {
        var root = Directory.CreateTempSubdirectory("root-").FullName;
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        var start = new ProcessStartInfo(network.Enter[0],
        [
            .. network.Enter.Skip(1), "unshare", "--mount", "sh", Path.Combine(AppContext.BaseDirectory, "Processes/container.sh"),
            root, Path.Combine(folder, "app"), models, dotnet, Path.Combine(folder, "../hosts"), user, .. command,
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["DOTNET_ROOT"] = "/dotnet";
        // It does not outlive this process.
        start.Environment["Lifetime__EndWithStandardInput"] = "true";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var container = new Container(new Process { StartInfo = start, EnableRaisingEvents = true });
        container._process.OutputDataReceived += container.Read;
        container._process.ErrorDataReceived += container.Read;
        container._process.Exited += (_, _) => Directory.Delete(root);
        container._process.Start();
        container._process.BeginOutputReadLine();
        container._process.BeginErrorReadLine();
        return container;
    }

    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation).WaitAsync(Patience, cancellation);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, as every engine stops a container.</summary>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync(cancellation);
        }

        return await EndAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Read(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { Length: > 0 } text)
        {
            _lines.Enqueue(text);
        }
    }
}
