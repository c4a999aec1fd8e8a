using System.Diagnostics;
using GenAiLab.Deploy.Tests.Sources;
using YamlDotNet.Serialization;

namespace GenAiLab.Deploy.Tests;

/// <summary>What docker-compose.yml promises: least rights, limits, health, and no secret in it.</summary>
public sealed class ComposeTests(RecordedServices recorded)
{
    private const string Missing = "needs docker-compose (apt-get install docker-compose)";
    private static readonly Dictionary<string, string> Variables = new() { ["POSTGRES_PASSWORD"] = "secret" };
    private static readonly ComposeFile Compose = ComposeFile.Parse(Repository.Read("docker-compose.yml"), Variables);

    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("docker-compose.yml", "docker-compose.gpu.yml")]
    public async Task DockerComposeReadsItAsTheseTestsDo(params string[] files)
    {
        Assert.SkipWhen(Program("docker-compose") is null, Missing);
        var (code, output, errors) = await ConfigAsync("secret", files);
        Assert.True(code == 0, errors);
        var services = (Dictionary<object, object>)new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(output)["services"];
        Assert.Equal(Compose.AllNames.Order(), services.Keys.Cast<string>().Order());
        foreach (var (name, service) in services)
        {
            var environment = ((Dictionary<object, object>)service).GetValueOrDefault("environment") is Dictionary<object, object> variables
                ? variables.ToDictionary(static pair => (string)pair.Key, static pair => (string)pair.Value) : [];
            if (files.Length > 1 && (string)name == "decoder")
            {
                Assert.True(environment.Remove("Decoder__ExecutionProvider", out var provider));
                Assert.Equal(Decoder.DecoderOptions.Cuda, provider);
                Assert.True(recorded.Reads("decoder", "Decoder__ExecutionProvider"));
            }

            Assert.Equal(Compose.Environment((string)name).OrderBy(static pair => pair.Key), environment.OrderBy(static pair => pair.Key));
        }
    }

    [Fact]
    public async Task WithoutAPasswordItSaysWhatToSet()
    {
        Assert.Throws<InvalidOperationException>(static () => ComposeFile.Parse(Repository.Read("docker-compose.yml"), new Dictionary<string, string>()));
        Assert.Contains("POSTGRES_PASSWORD=\n", Repository.Read(".env.example") + "\n", StringComparison.Ordinal);
        Assert.SkipWhen(Program("docker-compose") is null, Missing);
        var (code, _, errors) = await ConfigAsync("", "docker-compose.yml");
        Assert.NotEqual(0, code);
        Assert.Contains(".env.example", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryContainerHasLimitsAndNoRights() => Assert.All(Compose.AllNames, static name =>
    {
        Assert.Equal("true", Compose.Value(name, "read_only"));
        Assert.Equal(["ALL"], Compose.Words(name, "cap_drop"));
        Assert.Equal(["no-new-privileges:true"], Compose.Words(name, "security_opt"));
        Assert.Equal("unless-stopped", Compose.Value(name, "restart"));
        Assert.All(new[] { "mem_limit", "cpus", "pids_limit" }, limit => Assert.NotNull(Compose.Value(name, limit)));
        // The dashboard's image sets a user itself.
        Assert.True(name == "dashboard" || Compose.Value(name, "user") is string user && !user.StartsWith("0", StringComparison.Ordinal), $"{name} runs as root");
    });

    [Fact]
    public void PortsArePublishedOnLoopbackAlone() => Assert.All(
        Compose.AllNames.Where(static name => Compose.Value(name, "ports") is not null).SelectMany(static name => Compose.Words(name, "ports")),
        static port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));

    [Fact]
    public void ServicesWaitForThoseTheyCallAndProbeThemselves() => Assert.All(Compose.Services(), service =>
    {
        var database = service.Name == "preferences" ? ["postgres"] : Array.Empty<string>();
        Assert.Equal(recorded.Calls(service.Name).Concat(database).Order(), Compose.WaitsFor(service.Name).Order());
        Assert.Equal(["CMD", "/app/service", "--health"], Compose.Words(service.Name, "healthcheck", "test"));
    });

    [Fact]
    public void TheConsoleIsToldWhereEveryServiceIs()
    {
        var environment = Compose.Environment(ComposeFile.Console);
        Assert.All(RepositoryServices.Projects.Keys, name => Assert.Equal(
            $"http://{name}:{RepositoryServices.Ports(name)["grpc"]}", environment[$"services__{name}__grpc__0"]));
        Assert.Equal(RepositoryServices.Projects.Count, environment.Keys.Count(static variable => variable.StartsWith("services__", StringComparison.Ordinal)));
        Assert.Equal(["127.0.0.1:5300:5300"], Compose.Words(ComposeFile.Console, "ports"));
        Assert.Equal("http://0.0.0.0:5300", environment["Kestrel__Endpoints__http__Url"]);
        Assert.Equal(["CMD", "/app/service", "--health"], Compose.Words(ComposeFile.Console, "healthcheck", "test"));
        Assert.True(Directory.Exists(Repository.Path("src/GenAiLab.Console")));
    }

    [Fact]
    public void DecoderHasAsManyThreadsAsProcessors() => Assert.Equal(
        double.Parse((string)Compose.Value("decoder", "cpus")!, System.Globalization.CultureInfo.InvariantCulture),
        double.Parse(Compose.Environment("decoder")["Decoder__Threads"], System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void ImagesAreBuiltAsTheContainersRunThem()
    {
        var dockerfile = Repository.Read("Dockerfile").Split('\n');
        var user = (string)Compose.Value("decoder", "user")!;
        Assert.Equal(2, dockerfile.Count(line => line == $"USER {user}"));
        Assert.Equal(2, dockerfile.Count(static line => line == "ENTRYPOINT [\"/app/service\"]"));
        var manifests = KubernetesManifests.Load(Repository.Path("deploy/kubernetes/base"));
        Assert.All(
            manifests.Workloads.Where(static workload => RepositoryServices.Projects.ContainsKey(workload.Name)),
            workload => Assert.Equal(user, $"{workload.Template.Spec.SecurityContext.RunAsUser}:{workload.Template.Spec.SecurityContext.RunAsGroup}"));
        Assert.All(Compose.Services(), static service =>
        {
            Assert.Equal($"GenAiLab.{((Dictionary<object, object>)((Dictionary<object, object>)Compose.Value(service.Name, "build")!)["args"])["SERVICE"]}", RepositoryServices.Projects[service.Name]);
        });
    }

    internal static string? Program(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists);

    private static async Task<(int Code, string Output, string Errors)> ConfigAsync(string password, params string[] files)
    {
        var start = new ProcessStartInfo("docker-compose", [.. files.SelectMany(static file => (string[])["-f", file]), "config"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["POSTGRES_PASSWORD"] = password;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }
}
