using GenAiLab.Deploy.Tests.Sources;

namespace GenAiLab.Deploy.Tests;

/// <summary>AppHost, compose, Kubernetes, <c>lab up</c>, appsettings.json and the code name the same things.</summary>
public sealed class AgreementTests(RecordedServices recorded)
{
    private static readonly Dictionary<string, string> Variables = new() { ["POSTGRES_PASSWORD"] = "secret" };

    [Fact]
    public void ComposeAgreesWithTheServices() =>
        Assert.Empty(Agreement.Problems(Compose().Services(), recorded));

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/gpu")]
    [InlineData("overlays/dashboard")]
    public void ManifestsAgreeWithTheServices(string folder) =>
        Assert.Empty(Agreement.Problems(KubernetesManifests.Load(Repository.Path($"deploy/kubernetes/{folder}")).Services(), recorded));

    [Fact]
    public void AppHostAgreesWithTheServices() => Assert.Empty(AppHostAgreement.Problems(AppHostSource.Parse(AppHost()), recorded));

    [Fact]
    public void LabUpUsesThePortsOfTheSettings() => Assert.Equal(
        RepositoryServices.Projects.Keys.Order().Select(static name => (name, RepositoryServices.Ports(name)["grpc"], RepositoryServices.Ports(name)["http"])),
        RepositoryServices.LabUp().OrderBy(static pair => pair.Key).Select(static pair => (pair.Key, pair.Value.Grpc, pair.Value.Http)));

    [Fact]
    public void SettingsNameTheServicesThatAreCalledWhereTheyListen()
    {
        foreach (var service in RepositoryServices.Projects.Keys)
        {
            Assert.Equal(recorded.Calls(service).Order(), RepositoryServices.Addresses(service).Keys.Order());
            Assert.All(RepositoryServices.Addresses(service), static pair => Assert.Equal(RepositoryServices.Ports(pair.Key)["grpc"], pair.Value.Port));
            Assert.Equal("Http2", RepositoryServices.Protocols(service)["grpc"]);
            Assert.Equal("Http1", RepositoryServices.Protocols(service)["http"]);
        }
    }

    [Fact]
    public void ImagesCarryTheVersionOfTheBuild()
    {
        var version = System.Xml.Linq.XDocument.Load(Repository.Path("Directory.Build.props")).Descendants("Version").Single().Value;
        var manifests = KubernetesManifests.Load(Repository.Path("deploy/kubernetes/base"));
        Assert.All(Compose().Services(), service => Assert.Equal($"genailab/{service.Name}:{version}", service.Image));
        Assert.All(manifests.Services(), service => Assert.Equal($"genailab/{service.Name}:{version}", service.Image));
        Assert.All(
            manifests.Workloads.SelectMany(static workload => workload.Template.Spec.InitContainers ?? []),
            container => Assert.Equal($"genailab/models:{version}", container.Image));
    }

    [Theory]
    [InlineData("Decoder__Threads", "Decoder__Thread", "decoder does not read Decoder__Thread")]
    [InlineData("Models__Root", "Model__Root", "tokenizer does not read Model__Root")]
    [InlineData("Preferences__ConnectionString", "Preferences__Connection", "preferences does not read Preferences__Connection")]
    [InlineData("Kestrel__Endpoints__grpc__Url", "Kestrel__Endpoints__gRPC2__Url", "orchestrator does not read Kestrel__Endpoints__gRPC2__Url")]
    [InlineData("http://0.0.0.0:5103", "http://0.0.0.0:5105", "decoder has no endpoint grpc at 5105")]
    [InlineData("http://tokenizer:5101", "http://tokenizer:5100", "classifier looks for tokenizer at http://tokenizer:5100/, where nothing listens")]
    [InlineData("Services__decoder", "Services__decoders", "orchestrator does not read Services__decoders")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_ENDPOINT", "tokenizer does not read OTEL_EXPORTER_ENDPOINT")]
    [InlineData("\n  decoder:", "\n  decoders:", "decoder is not deployed")]
    public void ChangeInComposeIsNoticed(string from, string to, string problem) =>
        Assert.Contains(problem, Agreement.Problems(ComposeFile.Parse(Changed(Repository.Read("docker-compose.yml"), from, to), Variables).Services(), recorded));

    [Theory]
    [InlineData("Decoder__Threads", "Decoder__Thread", "decoder does not read Decoder__Thread")]
    [InlineData("containerPort: 5203", "containerPort: 5205", "decoder has no endpoint http at 5205")]
    [InlineData("name: http, containerPort: 5203", "name: web, containerPort: 5203", "decoder is given no endpoint http")]
    [InlineData("dns:///decoder:5103", "dns:///decoders:5103", "orchestrator looks for decoder at http://decoders:5103/, where nothing listens")]
    public void ChangeInTheManifestsIsNoticed(string from, string to, string problem)
    {
        var manifests = KubernetesManifests.Load(Repository.Path("deploy/kubernetes/base"), text => text.Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(problem, Agreement.Problems(manifests.Services(), recorded));
    }

    [Theory]
    [InlineData("AddProject<Projects.GenAiLab_Decoder>(\"decoder\")", "AddProject<Projects.GenAiLab_Decoder>(\"decode\")", "decoder is no resource")]
    [InlineData("\"Models__Root\"", "\"Models__Folder\"", "tokenizer does not read Models__Folder")]
    [InlineData("\"Preferences__ConnectionString\"", "\"ConnectionStrings__Preferences\"", "preferences does not read ConnectionStrings__Preferences")]
    [InlineData(".WithReference(decoder.GetEndpoint(\"grpc\"))", "", "orchestrator is told of classifier, tokenizer but calls classifier, decoder, tokenizer")]
    [InlineData("endpointName: \"http\"", "endpointName: \"grpc\"", "tokenizer is probed at grpc, which speaks Http2")]
    [InlineData(".WaitFor(decoder)", "", "orchestrator waits for classifier, tokenizer but calls classifier, decoder, tokenizer")]
    public void ChangeInTheAppHostIsNoticed(string from, string to, string problem) =>
        Assert.Contains(problem, AppHostAgreement.Problems(AppHostSource.Parse(Changed(AppHost(), from, to)), recorded));

    private static ComposeFile Compose() => ComposeFile.Parse(Repository.Read("docker-compose.yml"), Variables);

    private static string AppHost() => Repository.Read("aspire/GenAiLab.AppHost/Program.cs");

    private static string Changed(string text, string from, string to)
    {
        Assert.Contains(from, text, StringComparison.Ordinal);
        return text.Replace(from, to, StringComparison.Ordinal);
    }
}
