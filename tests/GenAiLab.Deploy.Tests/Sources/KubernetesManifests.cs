using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace GenAiLab.Deploy.Tests.Sources;

/// <summary>
/// A kustomization with the objects that it makes, read strictly: a field that Kubernetes does not know fails. Patches
/// are applied as far as these manifests use them: mappings merge, lists of named things merge by name, all else is replaced.
/// </summary>
internal sealed class KubernetesManifests
{
    private KubernetesManifests(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects) => Objects = objects;

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    /// <summary>What runs pods: name, template and the selector by which it knows them.</summary>
    public IEnumerable<(string Name, V1PodTemplateSpec Template, V1LabelSelector Selector)> Workloads =>
        Of<V1Deployment>().Select(static item => (item.Metadata.Name, item.Spec.Template, item.Spec.Selector))
            .Concat(Of<V1StatefulSet>().Select(static item => (item.Metadata.Name, item.Spec.Template, item.Spec.Selector)));

    /// <param name="folder">The folder of the kustomization.</param>
    /// <param name="change">Applied to the text of each file, to see whether the tests notice.</param>
    public static KubernetesManifests Load(string folder, Func<string, string>? change = null) =>
        new([.. Documents(folder, change ?? (static text => text)).Select(Strict)]);

    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    /// <summary>The services that are built from this repository.</summary>
    public IReadOnlyList<DeployedService> Services() => [.. Workloads
        .Select(static workload => (workload.Name, Container: workload.Template.Spec.Containers[0]))
        .Where(static workload => workload.Container.Image.StartsWith("genailab/", StringComparison.Ordinal))
        .Select(static workload => new DeployedService(
            workload.Name,
            workload.Container.Env.ToDictionary(static variable => variable.Name, static variable => variable.Value ?? $"secret:{variable.ValueFrom.SecretKeyRef.Key}"),
            workload.Container.Ports.ToDictionary(static port => port.Name, static port => port.ContainerPort))
        {
            Image = workload.Container.Image,
            MemoryLimit = workload.Container.Resources.Limits["memory"].ToInt64(),
        })];

    private static List<YamlMappingNode> Documents(string folder, Func<string, string> change)
    {
        var kustomization = Read(Path.Combine(folder, "kustomization.yaml"), static text => text).Single();
        var documents = new List<YamlMappingNode>();
        foreach (var resource in Strings(kustomization, "resources"))
        {
            var path = Path.GetFullPath(Path.Combine(folder, resource));
            documents.AddRange(Directory.Exists(path) ? Documents(path, change) : Read(path, change));
        }

        foreach (var patch in Mappings(kustomization, "patches").SelectMany(patch => Read(Path.Combine(folder, Scalar(patch, "path")), change)))
        {
            Merge(documents.Single(document => Identity(document) == Identity(patch)), patch);
        }

        var unread = kustomization.Children.Keys.Select(static key => ((YamlScalarNode)key).Value!)
            .Except(["apiVersion", "kind", "namespace", "resources", "patches"]);
        Assert.Empty(unread);
        return documents;
    }

    private static IEnumerable<YamlMappingNode> Read(string file, Func<string, string> change)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(change(File.ReadAllText(file))));
        return stream.Documents.Select(static document => (YamlMappingNode)document.RootNode);
    }

    private static IKubernetesObject<V1ObjectMeta> Strict(YamlMappingNode document)
    {
        using var text = new StringWriter();
        new YamlStream(new YamlDocument(document)).Save(text, assignAnchors: false);
        return (IKubernetesObject<V1ObjectMeta>)KubernetesYaml.LoadAllFromString(text.ToString(), typeMap: null, strict: true).Single();
    }

    private static void Merge(YamlMappingNode target, YamlMappingNode patch)
    {
        foreach (var (key, value) in patch.Children)
        {
            switch (target.Children.TryGetValue(key, out var known) ? known : null, value)
            {
                case (YamlMappingNode into, YamlMappingNode from):
                    Merge(into, from);
                    break;
                case (YamlSequenceNode into, YamlSequenceNode from) when from.Children.All(static item => item is YamlMappingNode map && map.Children.ContainsKey("name")):
                    foreach (var item in from.Children.Cast<YamlMappingNode>())
                    {
                        if (into.Children.Cast<YamlMappingNode>().FirstOrDefault(other => Scalar(other, "name") == Scalar(item, "name")) is { } same)
                        {
                            Merge(same, item);
                        }
                        else
                        {
                            into.Children.Add(item);
                        }
                    }

                    break;
                default:
                    target.Children[key] = value;
                    break;
            }
        }
    }

    private static (string Kind, string Name) Identity(YamlMappingNode document) =>
        (Scalar(document, "kind"), Scalar((YamlMappingNode)document.Children["metadata"], "name"));

    private static string Scalar(YamlMappingNode map, string key) => ((YamlScalarNode)map.Children[key]).Value!;

    private static IEnumerable<string> Strings(YamlMappingNode map, string key) =>
        map.Children.TryGetValue(key, out var list) ? ((YamlSequenceNode)list).Children.Select(static item => ((YamlScalarNode)item).Value!) : [];

    private static IEnumerable<YamlMappingNode> Mappings(YamlMappingNode map, string key) =>
        map.Children.TryGetValue(key, out var list) ? ((YamlSequenceNode)list).Children.Cast<YamlMappingNode>() : [];
}
