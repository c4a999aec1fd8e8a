using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace GenAiLab.EndToEnd;

/// <summary>
/// Hosts of their own on this machine: a network namespace each, joined by a bridge, with a name server.
/// Needs iproute2, dnsmasq and CAP_NET_ADMIN.
/// </summary>
internal sealed class LabNetwork : IAsyncDisposable
{
    /// <summary>The name that stands for the decoders.</summary>
    public const string DecodersName = "decoders.lab";

    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(30);
    private readonly string _id = (Environment.ProcessId % 100_000).ToString(CultureInfo.InvariantCulture);
    private readonly string _folder = Directory.CreateTempSubdirectory("lab-network-").FullName;
    private readonly List<string> _hosts = [];
    private Process? _names;

    private LabNetwork()
    {
    }

    private string Bridge => $"labbr{_id}";

    private string Subnet => $"10.231.{Environment.ProcessId % 250}";

    /// <summary>Where this process is.</summary>
    public IPAddress Here => IPAddress.Parse($"{Subnet}.1");

    /// <summary>Why there can be no such network here; null: there can.</summary>
    public static async Task<string?> ObstacleAsync()
    {
        if (!OperatingSystem.IsLinux() || await TryAsync("ip", "-V") != 0 || await TryAsync("dnsmasq", "--version") != 0)
        {
            return "needs Linux, iproute2 and dnsmasq";
        }

        var probe = $"labprobe{Environment.ProcessId}";
        if (await TryAsync("ip", "netns", "add", probe) != 0)
        {
            return "needs CAP_SYS_ADMIN and CAP_NET_ADMIN, to make namespaces";
        }

        await TryAsync("ip", "netns", "del", probe);
        var bridge = $"labp{Environment.ProcessId % 100_000}";
        if (await TryAsync("ip", "link", "add", bridge, "type", "bridge") != 0)
        {
            return "needs CAP_SYS_ADMIN and CAP_NET_ADMIN, and a kernel with bridges";
        }

        await TryAsync("ip", "link", "del", bridge);
        return null;
    }

    public static async Task<LabNetwork> CreateAsync()
    {
        var network = new LabNetwork();
        try
        {
            await RunAsync("ip", "link", "add", network.Bridge, "type", "bridge");
            await RunAsync("ip", "addr", "add", $"{network.Here}/24", "dev", network.Bridge);
            await RunAsync("ip", "link", "set", network.Bridge, "up");
            network.List();
            network._names = Process.Start(
                "dnsmasq",
                [
                    "--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces", $"--listen-address={network.Here}", "--local=/lab/", "--local-ttl=0",
                    "--conf-file=", $"--addn-hosts={network.HostsFile}", "--pid-file=", "--user=root",
                ]);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a host.</summary>
    /// <returns>Its address, and what runs a program there.</returns>
    public async Task<(IPAddress Address, string[] Launcher)> AddHostAsync(string name)
    {
        var space = Space(name);
        _hosts.Add(name);
        var address = IPAddress.Parse($"{Subnet}.{_hosts.Count + 1}");
        // What `ip netns exec` puts in the place of /etc/resolv.conf.
        Directory.CreateDirectory($"/etc/netns/{space}");
        await File.WriteAllTextAsync($"/etc/netns/{space}/resolv.conf", $"nameserver {Here}\n", TestContext.Current.CancellationToken);
        await RunAsync("ip", "netns", "add", space);
        await RunAsync("ip", "link", "add", Cable(name), "type", "veth", "peer", "name", "eth0", "netns", space);
        await RunAsync("ip", "link", "set", Cable(name), "master", Bridge, "up");
        await RunAsync("ip", "-n", space, "addr", "add", $"{address}/24", "dev", "eth0");
        await RunAsync("ip", "-n", space, "link", "set", "eth0", "up");
        await RunAsync("ip", "-n", space, "link", "set", "lo", "up");
        return (address, ["ip", "netns", "exec", space]);
    }

    /// <summary>Says which addresses <see cref="DecodersName"/> has from now on.</summary>
    public void List(params IPAddress[] addresses)
    {
        File.WriteAllLines(HostsFile, addresses.Select(static address => $"{address} {DecodersName}"));
        if (_names is { } names)
        {
            using var signal = Process.Start("kill", ["-HUP", names.Id.ToString(CultureInfo.InvariantCulture)]);
            signal.WaitForExit();
        }
    }

    /// <summary>Pulls a host's cable, or plugs it in: nothing arrives, and nobody is told.</summary>
    public Task SetConnectedAsync(string name, bool connected) => RunAsync("ip", "link", "set", Cable(name), connected ? "up" : "down");

    public async ValueTask DisposeAsync()
    {
        if (_names is { } names)
        {
            names.Kill();
            names.Dispose();
        }

        foreach (var name in _hosts)
        {
            await TryAsync("ip", "netns", "del", Space(name));
            await TryAsync("ip", "link", "del", Cable(name));
            if (Directory.Exists($"/etc/netns/{Space(name)}"))
            {
                Directory.Delete($"/etc/netns/{Space(name)}", recursive: true);
            }
        }

        await TryAsync("ip", "link", "del", Bridge);
        Directory.Delete(_folder, recursive: true);
    }

    private string HostsFile => Path.Combine(_folder, "hosts");

    private string Space(string name) => $"lab{_id}-{name}";

    // At most 15 characters.
    private string Cable(string name) => $"lab{_id}{name}";

    private static async Task RunAsync(params string[] command)
    {
        var exitCode = await TryAsync(command);
        Assert.True(exitCode == 0, $"{string.Join(' ', command)}: exit code {exitCode}");
    }

    private static async Task<int> TryAsync(params string[] command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            using var limit = new CancellationTokenSource(CommandLimit);
            await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
