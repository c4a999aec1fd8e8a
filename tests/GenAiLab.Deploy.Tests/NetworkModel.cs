using System.Globalization;
using GenAiLab.Deploy.Tests.Sources;
using k8s.Models;

namespace GenAiLab.Deploy.Tests;

/// <summary>
/// Who may open a connection to whom, by the rules of NetworkPolicy: a pod that no policy of a direction selects is
/// free in it; otherwise what any of those policies allows is allowed. Both ends must allow it.
/// </summary>
internal static class NetworkModel
{
    /// <returns>Pairs of workloads of one kustomization, with the port of the second one.</returns>
    public static IReadOnlySet<(string From, string To, int Port)> Allowed(KubernetesManifests manifests)
    {
        var policies = manifests.Of<V1NetworkPolicy>().ToList();
        var home = manifests.Of<V1Namespace>().Single().Metadata;
        var labels = new Dictionary<string, string>(home.Labels) { ["kubernetes.io/metadata.name"] = home.Name };
        return (
            from source in manifests.Workloads
            from target in manifests.Workloads
            where source.Name != target.Name
            from port in target.Template.Spec.Containers[0].Ports
            let caller = source.Template.Metadata.Labels
            let called = target.Template.Metadata.Labels
            where Passes(policies, "Egress", caller, policy => (policy.Egress ?? []).Select(static rule => (rule.To, rule.Ports)), called, port, labels)
                && Passes(policies, "Ingress", called, policy => (policy.Ingress ?? []).Select(static rule => (rule.FromProperty, rule.Ports)), caller, port, labels)
            select (source.Name, target.Name, port.ContainerPort)).ToHashSet();
    }

    public static bool Matches(V1LabelSelector selector, IDictionary<string, string> labels) =>
        (selector.MatchLabels ?? new Dictionary<string, string>()).All(labels.Contains)
        && (selector.MatchExpressions ?? []).All(expression => expression.OperatorProperty == "In"
            ? labels.TryGetValue(expression.Key, out var value) && expression.Values.Contains(value)
            : throw new NotSupportedException(expression.OperatorProperty));

    private static bool Passes(
        IEnumerable<V1NetworkPolicy> policies, string direction, IDictionary<string, string> subject,
        Func<V1NetworkPolicySpec, IEnumerable<(IList<V1NetworkPolicyPeer> Peers, IList<V1NetworkPolicyPort> Ports)>> rules,
        IDictionary<string, string> peer, V1ContainerPort port, IDictionary<string, string> home)
    {
        var selecting = policies.Select(static policy => policy.Spec).Where(policy => policy.PolicyTypes.Contains(direction) && Matches(policy.PodSelector, subject)).ToList();
        return selecting.Count == 0 || selecting.SelectMany(rules).Any(rule =>
            (rule.Peers is not { Count: > 0 } peers || peers.Any(other => IsPeer(other, peer, home)))
            && (rule.Ports is not { Count: > 0 } ports || ports.Any(other => IsPort(other, port))));
    }

    private static bool IsPeer(V1NetworkPolicyPeer rule, IDictionary<string, string> labels, IDictionary<string, string> home) =>
        rule.IpBlock is null
        && (rule.NamespaceSelector is null || Matches(rule.NamespaceSelector, home))
        && (rule.PodSelector is null || Matches(rule.PodSelector, labels));

    private static bool IsPort(V1NetworkPolicyPort rule, V1ContainerPort port) =>
        rule.Protocol is null or "TCP" && (rule.Port is null || rule.Port.Value == port.Name || rule.Port.Value == port.ContainerPort.ToString(CultureInfo.InvariantCulture));
}
