using System.Diagnostics;
using GenAiLab.Deploy.Tests.Sources;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace GenAiLab.Deploy.Tests.Processes;

/// <summary>
/// What <c>docker compose up</c> starts, without an engine: each service from its image's layout, with compose's
/// environment, user, command and names, in a network where those names and ports are free.
/// </summary>
internal sealed class ComposeLab : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string _folder = Directory.CreateTempSubdirectory("compose-").FullName;
    private readonly Dictionary<string, Container> _containers = [];
    private readonly Dictionary<string, GrpcChannel> _channels = [];
    private readonly ComposeFile _file;
    private NetworkNamespace? _network;
    private Database? _database;

    private ComposeLab(ComposeFile file) => _file = file;

    /// <summary>Why it cannot be started here; null where it can.</summary>
    public static string? Obstacle =>
        new[] { "unshare", "nsenter", "setpriv", "ip" }.Any(static program => ComposeTests.Program(program) is null) ? "needs util-linux and iproute2 (apt-get install iproute2)"
        : !NetworkNamespace.IsAllowed ? "needs CAP_SYS_ADMIN and CAP_NET_ADMIN, to make namespaces"
        : Database.Programs is null ? "needs PostgreSQL's server programs (apt-get install postgresql)"
        : null;

    public IReadOnlyDictionary<string, Container> Containers => _containers;

    public static async Task<ComposeLab> CreateAsync(ComposeFile file, CancellationToken cancellation)
    {
        var lab = new ComposeLab(file) { _network = await NetworkNamespace.CreateAsync(cancellation) };
        await File.WriteAllTextAsync(Path.Combine(lab._folder, "hosts"), $"127.0.0.1 localhost {string.Join(' ', file.AllNames)}\n", cancellation);
        foreach (var service in file.Services())
        {
            await LayOutImageAsync(service.Name, Path.Combine(lab._folder, service.Name, "app"), cancellation);
        }

        return lab;
    }

    public async Task StartDatabaseAsync() => _database = await Database.StartAsync(_network!, _file.Environment("postgres"));

    /// <summary>Starts a service by its image's entry point.</summary>
    public void Start(string service) => _containers[service] = Run(service, "/app/service");

    /// <summary>Runs a service's health check once.</summary>
    /// <returns>Its exit code and what it says.</returns>
    public async Task<(int Code, string Output)> ProbeAsync(string service, CancellationToken cancellation)
    {
        await using var probe = Run(service, _file.Words(service, "healthcheck", "test").Skip(1));
        return (await probe.EndAsync(cancellation), probe.Output);
    }

    /// <summary>A channel to a service's gRPC port.</summary>
    public GrpcChannel Channel(string service)
    {
        if (!_channels.TryGetValue(service, out var channel))
        {
            var port = RepositoryServices.Ports(service)["grpc"];
            channel = _channels[service] = GrpcChannel.ForAddress($"http://{service}:{port}", new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler { ConnectCallback = async (_, _) => await _network!.ConnectAsync(port) },
                DisposeHttpClient = true,
            });
        }

        return channel;
    }

    public async Task WaitUntilServingAsync(string service, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        while (true)
        {
            try
            {
                using var watch = new Health.HealthClient(Channel(service)).Watch(new HealthCheckRequest(), cancellationToken: limit.Token);
                while (await watch.ResponseStream.MoveNext(limit.Token))
                {
                    if (watch.ResponseStream.Current.Status == HealthCheckResponse.Types.ServingStatus.Serving)
                    {
                        return;
                    }
                }
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && _containers[service].ExitCode is null)
            {
                // Not listening yet.
                await Task.Delay(100, limit.Token);
            }
            catch (Exception error)
            {
                Assert.Fail($"{service}: {error.Message}\n{_containers[service].Output}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }

        foreach (var container in _containers.Values)
        {
            await container.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private Container Run(string service, params IEnumerable<string> command) => Container.Start(
        _network!, Path.Combine(_folder, service), Repository.Path("models"), (string)_file.Value(service, "user")!, _file.Environment(service), command);

    // As the Dockerfile does: what is built, the settings that are published with it, one name for the program.
    private static async Task LayOutImageAsync(string service, string folder, CancellationToken cancellation)
    {
        var project = RepositoryServices.Projects[service];
        Directory.CreateDirectory(folder);
        // Links, where the file system has them: the native libraries are large.
        using (var copy = Process.Start("sh", ["-c", "cp -al \"$0/.\" \"$1\" 2>/dev/null || cp -a \"$0/.\" \"$1\"", AppContext.BaseDirectory, folder]))
        {
            await copy.WaitForExitAsync(cancellation);
            Assert.Equal(0, copy.ExitCode);
        }

        File.Move(Path.Combine(folder, project), Path.Combine(folder, "service"));
        File.Copy(Repository.Path($"src/{project}/appsettings.json"), Path.Combine(folder, "appsettings.json"));
    }
}
