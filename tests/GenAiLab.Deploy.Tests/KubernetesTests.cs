using GenAiLab.Deploy.Tests.Sources;

namespace GenAiLab.Deploy.Tests;

/// <summary>The manifests are objects that Kubernetes knows, and fit together.</summary>
public sealed class KubernetesTests(RecordedServices recorded)
{
    private static readonly string AdapterRules = Repository.Read("deploy/kubernetes/prometheus-adapter.yaml");

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/gpu")]
    [InlineData("overlays/dashboard")]
    public void ManifestsFitTogether(string folder) => Assert.Empty(KubernetesRules.Problems(Load(folder), recorded, AdapterRules));

    [Fact]
    public void GpuOverlayGivesTheDecoderAGpuAndCuda()
    {
        var decoder = Load("overlays/gpu").Workloads.Single(static workload => workload.Name == "decoder").Template.Spec.Containers[0];
        Assert.Equal("1", decoder.Resources.Limits["nvidia.com/gpu"].ToString());
        Assert.Equal("CUDA", decoder.Env.Single(static variable => variable.Name == "Decoder__ExecutionProvider").Value);
        // What the overlay does not speak of stays.
        Assert.Equal("2", decoder.Env.Single(static variable => variable.Name == "Decoder__Threads").Value);
    }

    [Fact]
    public void DecodersGrowBeforeTheirSlotsAreAllInUse()
    {
        var manifests = Load("base");
        var slots = int.Parse(manifests.Services().Single(static service => service.Name == "decoder").Environment["Decoder__Slots"]);
        var target = manifests.Of<k8s.Models.V2HorizontalPodAutoscaler>().Single().Spec.Metrics
            .Single(static metric => metric.Pods.Metric.Name == "genailab_decoder_slots_in_use").Pods.Target.AverageValue.ToInt32();
        Assert.InRange(target, 1, slots - 1);
    }

    [Theory]
    [InlineData("readOnlyRootFilesystem", "readonlyRootFilesystem")]
    [InlineData("grpc: { port: 5103 }", "grpc: { port: 5103, timeout: 1 }")]
    [InlineData("maxUnavailable: 1", "maximumUnavailable: 1")]
    public void FieldThatKubernetesDoesNotKnowIsRefused(string from, string to) =>
        Assert.ThrowsAny<Exception>(() => Load("base", from, to));

    [Theory]
    [InlineData("matchLabels: { app.kubernetes.io/name: decoder }\n  template", "matchLabels: { app.kubernetes.io/name: decoders }\n  template", "decoder does not select its own pods")]
    [InlineData("selector: { app.kubernetes.io/name: decoder }", "selector: { app.kubernetes.io/name: decoders }", "the address decoder belongs to 0 workloads")]
    [InlineData("port: 5103, targetPort: grpc", "port: 5103, targetPort: rpc", "the address decoder:5103 leads to no port of its pods")]
    [InlineData("grpc: { port: 5103, service: alive }", "grpc: { port: 5103 }", "decoder: its liveness probe does not ask 'alive' at the endpoint grpc")]
    [InlineData("grpc: { port: 5101 }", "grpc: { port: 5201 }", "tokenizer: its readiness probe does not ask '' at the endpoint grpc")]
    [InlineData("kind: Deployment, name: decoder", "kind: Deployment, name: decoders", "the autoscaler decoder has no target")]
    [InlineData("genailab_decoder_waiting", "genailab_decoder_queue", "no one serves the metric genailab_decoder_queue")]
    [InlineData("automountServiceAccountToken: false", "automountServiceAccountToken: true", "decoder gets a token of the cluster")]
    [InlineData("drop: [ALL]", "drop: [NET_RAW]", "decoder: container decoder may gain rights or write to its image")]
    [InlineData("requests: { cpu: \"2\", memory: 1Gi }", "requests: { cpu: \"2\", memory: 4Gi }", "decoder: container decoder does not say what it needs")]
    [InlineData("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 20", "decoder has less than 20 s left for its streams after preStop")]
    [InlineData("clusterIP: None", "clusterIP: \"\"", "decoder is called by name, but one address hides its replicas")]
    [InlineData("Decoder__Threads, value: \"2\"", "Decoder__Threads, value: \"8\"", "decoder runs 8 threads on another number of processors")]
    [InlineData("port: 5103 }", "port: 5203 }", "orchestrator cannot reach decoder:5103")]
    [InlineData("podSelector: {}", "podSelector: { matchLabels: { app.kubernetes.io/name: nothing } }", "nothing closes what no policy speaks of")]
    public void ChangeIsNoticed(string from, string to, string problem) =>
        Assert.Contains(problem, KubernetesRules.Problems(Load("base", from, to), recorded, AdapterRules));

    private static KubernetesManifests Load(string folder, string from = "", string to = "") => KubernetesManifests.Load(
        Repository.Path($"deploy/kubernetes/{folder}"),
        text => from.Length == 0 ? text : text.Replace(from, to, StringComparison.Ordinal));
}
