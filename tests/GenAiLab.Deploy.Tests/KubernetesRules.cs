using System.Text.RegularExpressions;
using GenAiLab.Deploy.Tests.Sources;
using GenAiLab.ServiceDefaults.Health;
using k8s.Models;

namespace GenAiLab.Deploy.Tests;

/// <summary>What must hold between the objects of a kustomization for the lab to run, be watched and end well.</summary>
internal static class KubernetesRules
{
    /// <returns>What is wrong, a line each.</returns>
    public static IReadOnlyList<string> Problems(KubernetesManifests manifests, RecordedServices recorded, string adapterRules) =>
    [
        .. manifests.Workloads.SelectMany(workload => Pods(manifests, workload.Name, workload.Template, workload.Selector)),
        .. manifests.Workloads.Where(static workload => RepositoryServices.Projects.ContainsKey(workload.Name))
            .SelectMany(workload => Probes(workload.Name, workload.Template.Spec)),
        .. manifests.Of<V1Service>().SelectMany(service => Addresses(manifests, service, recorded)),
        .. RepositoryServices.Projects.Keys.Except(manifests.Of<V1Service>().Select(static service => service.Metadata.Name)).Select(static name => $"{name} has no address"),
        .. Disruption(manifests),
        .. manifests.Of<V2HorizontalPodAutoscaler>().SelectMany(scaler => Scaling(manifests, scaler, recorded, adapterRules)),
        .. Network(manifests, recorded),
    ];

    private static IEnumerable<string> Pods(KubernetesManifests manifests, string name, V1PodTemplateSpec template, V1LabelSelector selector)
    {
        if (!NetworkModel.Matches(selector, template.Metadata.Labels))
        {
            yield return $"{name} does not select its own pods";
        }

        var pod = template.Spec;
        if (pod.AutomountServiceAccountToken != false
            || manifests.Of<V1ServiceAccount>().SingleOrDefault(account => account.Metadata.Name == pod.ServiceAccountName) is not { AutomountServiceAccountToken: false })
        {
            yield return $"{name} gets a token of the cluster";
        }

        if (pod.SecurityContext is not { RunAsNonRoot: true, RunAsUser: > 0, SeccompProfile.Type: "RuntimeDefault" })
        {
            yield return $"{name} may run as root or without a seccomp profile";
        }

        var volumes = (pod.Volumes ?? []).Select(static volume => volume.Name)
            .Concat(manifests.Of<V1StatefulSet>().Where(set => set.Metadata.Name == name).SelectMany(static set => set.Spec.VolumeClaimTemplates).Select(static claim => claim.Metadata.Name))
            .ToHashSet();
        foreach (var container in pod.Containers.Concat(pod.InitContainers ?? []))
        {
            if (container.SecurityContext is not { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true } context || context.Capabilities?.Drop?.Contains("ALL") != true)
            {
                yield return $"{name}: container {container.Name} may gain rights or write to its image";
            }

            var (requests, limits) = (container.Resources?.Requests, container.Resources?.Limits);
            if (requests?.ContainsKey("cpu") != true || !requests.TryGetValue("memory", out var memory)
                || limits?.TryGetValue("memory", out var limit) != true || memory.ToInt64() > limit!.ToInt64())
            {
                yield return $"{name}: container {container.Name} does not say what it needs";
            }

            foreach (var mount in (container.VolumeMounts ?? []).Where(mount => !volumes.Contains(mount.Name)))
            {
                yield return $"{name}: there is no volume {mount.Name}";
            }
        }

        if ((pod.Containers[0].Lifecycle?.PreStop?.Sleep?.Seconds ?? 0) >= (pod.TerminationGracePeriodSeconds ?? 30) - 20)
        {
            yield return $"{name} has less than 20 s left for its streams after preStop";
        }
    }

    private static IEnumerable<string> Probes(string name, V1PodSpec pod)
    {
        var container = pod.Containers[0];
        var port = container.Ports.SingleOrDefault(static port => port.Name == "grpc")?.ContainerPort;
        foreach (var (kind, probe, service) in new[]
        {
            ("startup", container.StartupProbe, ServiceHealthExtensions.Alive),
            ("liveness", container.LivenessProbe, ServiceHealthExtensions.Alive),
            ("readiness", container.ReadinessProbe, null),
        })
        {
            if (probe?.Grpc is not { } grpc || grpc.Port != port || grpc.Service != service)
            {
                yield return $"{name}: its {kind} probe does not ask '{service}' at the endpoint grpc";
            }
        }

        // ONNX Runtime does not see the limit.
        if (container.Env.SingleOrDefault(static variable => variable.Name == "Decoder__Threads")?.Value is { } threads
            && (!container.Resources.Limits.TryGetValue("cpu", out var processors) || processors.ToString() != threads))
        {
            yield return $"{name} runs {threads} threads on another number of processors";
        }
    }

    private static IEnumerable<string> Addresses(KubernetesManifests manifests, V1Service service, RecordedServices recorded)
    {
        var name = service.Metadata.Name;
        var chosen = manifests.Workloads.Where(workload => service.Spec.Selector.All(label => workload.Template.Metadata.Labels.Contains(label))).ToList();
        if (chosen.Count != 1)
        {
            yield return $"the address {name} belongs to {chosen.Count} workloads";
            yield break;
        }

        foreach (var port in service.Spec.Ports)
        {
            // Headless: the port that is dialled is the container's.
            if (chosen[0].Template.Spec.Containers[0].Ports.SingleOrDefault(other => other.Name == port.TargetPort.Value)?.ContainerPort != port.Port)
            {
                yield return $"the address {name}:{port.Port} leads to no port of its pods";
            }
        }

        if (RepositoryServices.Projects.Keys.Any(caller => recorded.Calls(caller).Contains(name)) && service.Spec.ClusterIP != "None")
        {
            yield return $"{name} is called by name, but one address hides its replicas";
        }
    }

    private static IEnumerable<string> Disruption(KubernetesManifests manifests)
    {
        foreach (var (name, template, _) in manifests.Workloads.Where(static workload => RepositoryServices.Projects.ContainsKey(workload.Name)))
        {
            if (manifests.Of<V1PodDisruptionBudget>().Count(budget => NetworkModel.Matches(budget.Spec.Selector, template.Metadata.Labels)) != 1)
            {
                yield return $"{name} has not exactly one disruption budget";
            }
        }
    }

    private static IEnumerable<string> Scaling(KubernetesManifests manifests, V2HorizontalPodAutoscaler scaler, RecordedServices recorded, string adapterRules)
    {
        var target = manifests.Of<V1Deployment>().SingleOrDefault(deployment => deployment.Metadata.Name == scaler.Spec.ScaleTargetRef.Name);
        if (target is null || scaler.Spec.ScaleTargetRef is not { Kind: "Deployment", ApiVersion: "apps/v1" })
        {
            yield return $"the autoscaler {scaler.Metadata.Name} has no target";
            yield break;
        }

        if (target.Spec.Replicas is not null)
        {
            yield return $"{scaler.Metadata.Name}: applying the manifests anew would undo the autoscaler";
        }

        var served = new Regex(Regex.Match(adapterRules, "__name__=~\"(?<names>[^\"]+)\"").Groups["names"].Value);
        var exported = recorded.Metrics.Select(static metric => metric.Replace('.', '_')).ToHashSet();
        foreach (var metric in scaler.Spec.Metrics.Select(static metric => metric.Pods.Metric.Name))
        {
            if (!exported.Contains(metric) || served.Match(metric).Value != metric)
            {
                yield return $"no one serves the metric {metric}";
            }
        }
    }

    private static IEnumerable<string> Network(KubernetesManifests manifests, RecordedServices recorded)
    {
        var expected = manifests.Services().SelectMany(service => recorded.Calls(service.Name)
            .Select(other => (service.Name, To: other, Port: RepositoryServices.Ports(other)["grpc"]))
            .Concat(service.Environment.Where(static pair => pair.Key == "OTEL_EXPORTER_OTLP_ENDPOINT")
                .Select(pair => (service.Name, To: new Uri(pair.Value).Host, new Uri(pair.Value).Port)))
            .Concat(service.Environment.Where(static pair => pair.Key == "Preferences__ConnectionString")
                .Select(_ => (service.Name, To: "postgres", Port: 5432)))).ToHashSet();
        if (!manifests.Of<V1NetworkPolicy>().Any(static policy =>
            policy.Spec.PodSelector is not { MatchLabels.Count: > 0 } and not { MatchExpressions.Count: > 0 }
            && policy.Spec is { Ingress: null, PolicyTypes.Count: 2 }))
        {
            yield return "nothing closes what no policy speaks of";
        }

        var allowed = NetworkModel.Allowed(manifests);
        foreach (var (from, to, port) in expected.Except(allowed).Order())
        {
            yield return $"{from} cannot reach {to}:{port}";
        }

        foreach (var (from, to, port) in allowed.Except(expected).Order())
        {
            yield return $"{from} may reach {to}:{port} and never does";
        }
    }
}
