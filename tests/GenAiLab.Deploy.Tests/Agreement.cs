using System.Text.RegularExpressions;
using GenAiLab.Deploy.Tests.Sources;

namespace GenAiLab.Deploy.Tests;

/// <summary>Where a deployment says something else than the services' own code and settings.</summary>
internal static partial class Agreement
{
    /// <returns>What is wrong, a line each; none when everything agrees.</returns>
    public static IReadOnlyList<string> Problems(IReadOnlyList<DeployedService> services, RecordedServices recorded) =>
    [
        .. RepositoryServices.Projects.Keys.Except(services.Select(static service => service.Name)).Select(static name => $"{name} is not deployed"),
        .. services.Select(static service => service.Name).Except(RepositoryServices.Projects.Keys).Select(static name => $"there is no service {name}"),
        .. services.Where(static service => RepositoryServices.Projects.ContainsKey(service.Name)).SelectMany(service => Problems(service, recorded)),
    ];

    /// <summary>The services whose addresses are among the variables, with the addresses: http://host:port, or dns:///host:port for all of a name.</summary>
    private static IEnumerable<(string Service, Uri Address)> Addresses(DeployedService service) => service.Environment
        .Select(static pair => (Match: AddressKey().Match(pair.Key), pair.Value)).Where(static pair => pair.Match.Success)
        .Select(static pair => (pair.Match.Groups["name"].Value, new Uri(pair.Value.Replace("dns:///", "http://", StringComparison.Ordinal))));

    private static IEnumerable<string> Problems(DeployedService service, RecordedServices recorded)
    {
        foreach (var variable in service.Environment.Keys.Where(variable => !recorded.Reads(service.Name, variable)))
        {
            yield return $"{service.Name} does not read {variable}";
        }

        var ports = RepositoryServices.Ports(service.Name);
        foreach (var (endpoint, port) in service.Ports.Where(port => ports.GetValueOrDefault(port.Key) != port.Value))
        {
            yield return $"{service.Name} has no endpoint {endpoint} at {port}";
        }

        foreach (var endpoint in ports.Keys.Except(service.Ports.Keys))
        {
            yield return $"{service.Name} is given no endpoint {endpoint}";
        }

        foreach (var (name, address) in Addresses(service))
        {
            if (!RepositoryServices.Projects.ContainsKey(name) || address.Host != name || address.Port != RepositoryServices.Ports(name)["grpc"])
            {
                yield return $"{service.Name} looks for {name} at {address}, where nothing listens";
            }
        }

        var addresses = Addresses(service).Select(static pair => pair.Service).ToHashSet();
        if (!addresses.SetEquals(recorded.Calls(service.Name)))
        {
            yield return $"{service.Name} is told of {string.Join(", ", addresses.Order())} but calls {string.Join(", ", recorded.Calls(service.Name).Order())}";
        }
    }

    [GeneratedRegex("^[Ss]ervices__(?<name>[a-z]+)(__grpc__[0-9]+)?$")]
    private static partial Regex AddressKey();
}
