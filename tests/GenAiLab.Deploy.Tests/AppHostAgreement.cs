using GenAiLab.Deploy.Tests.Sources;

namespace GenAiLab.Deploy.Tests;

/// <summary>
/// Where the AppHost's source says something else than the services' code and settings. Its endpoints are those of
/// each service's appsettings.json, which Aspire reads itself.
/// </summary>
internal static class AppHostAgreement
{
    public static IReadOnlyList<string> Problems(AppHostSource source, RecordedServices recorded) =>
        [.. RepositoryServices.Projects.SelectMany(service => Problems(source, service.Key, service.Value.Replace('.', '_'), recorded))];

    private static IEnumerable<string> Problems(AppHostSource source, string name, string project, RecordedServices recorded)
    {
        if (!source.Resources.Any(resource => resource.Name == name && resource.Project == project))
        {
            yield return $"{name} is no resource";
        }

        // Further replicas have a number: decoder-1.
        foreach (var resource in source.Resources.Where(resource => resource.Project == project))
        {
            foreach (var variable in resource.Variables.Select(static variable => variable.Replace("{number}", "0", StringComparison.Ordinal)).Where(variable => !recorded.Reads(name, variable)))
            {
                yield return $"{name} does not read {variable}";
            }

            var referenced = source.Named(resource, "WithReference", ".GetEndpoint(\"grpc\")");
            if (!referenced.SetEquals(recorded.Calls(name)))
            {
                yield return $"{name} is told of {Join(referenced)} but calls {Join(recorded.Calls(name))}";
            }

            var awaited = source.Named(resource, "WaitFor", "").Where(RepositoryServices.Projects.ContainsKey).ToHashSet();
            if (!awaited.SetEquals(recorded.Calls(name)))
            {
                yield return $"{name} waits for {Join(awaited)} but calls {Join(recorded.Calls(name))}";
            }

            var probe = resource.Of("WithHttpHealthCheck").SingleOrDefault();
            var endpoint = probe?.Count == 2 ? AppHostResource.Literal(probe[1].Replace("endpointName: ", "", StringComparison.Ordinal)) : "nothing";
            if (RepositoryServices.Protocols(name).GetValueOrDefault(endpoint, "nothing") is var protocol && protocol != "Http1")
            {
                yield return $"{name} is probed at {endpoint}, which speaks {protocol}";
            }
        }
    }

    private static string Join(IEnumerable<string> names) => string.Join(", ", names.Order());
}
