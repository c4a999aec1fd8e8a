using System.Text.Json;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace GenAiLab.Deploy.Tests.Sources;

/// <summary>The services that the repository has, and where each listens when nothing else is said.</summary>
internal static class RepositoryServices
{
    /// <summary>Projects that are programs with settings of their own, by the name of the service.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } = Directory.GetDirectories(Repository.Path("src"))
        .Where(static folder => File.Exists(Path.Combine(folder, "Program.cs")) && File.Exists(Path.Combine(folder, "appsettings.json")))
        .Select(static folder => Path.GetFileName(folder))
        .ToDictionary(static project => project.Split('.')[^1].ToLowerInvariant(), static project => project);

    /// <summary>The ports of a service's appsettings.json, by the endpoint's name.</summary>
    public static IReadOnlyDictionary<string, int> Ports(string service) => Settings(service).GetProperty("Kestrel").GetProperty("Endpoints").EnumerateObject()
        .ToDictionary(static endpoint => endpoint.Name, static endpoint => new Uri(endpoint.Value.GetProperty("Url").GetString()!).Port);

    /// <summary>The endpoints of a service's appsettings.json that speak HTTP/2, and those that speak HTTP/1.1.</summary>
    public static IReadOnlyDictionary<string, string> Protocols(string service) => Settings(service).GetProperty("Kestrel").GetProperty("Endpoints").EnumerateObject()
        .ToDictionary(static endpoint => endpoint.Name, static endpoint => endpoint.Value.GetProperty("Protocols").GetString()!);

    /// <summary>The addresses in a service's appsettings.json, by the name of the service that is called.</summary>
    public static IReadOnlyDictionary<string, Uri> Addresses(string service) => Settings(service).TryGetProperty("services", out var services)
        ? services.EnumerateObject().ToDictionary(static other => other.Name, static other => new Uri(other.Value.GetProperty("grpc")[0].GetString()!))
        : new Dictionary<string, Uri>();

    /// <summary>The gRPC and HTTP ports of <c>lab up</c>, read from its source.</summary>
    public static IReadOnlyDictionary<string, (int Grpc, int Http)> LabUp()
    {
        var root = CSharpSyntaxTree.ParseText(Repository.Read("src/GenAiLab.Cli/Hosting/ServicePorts.cs")).GetCompilationUnitRoot();
        ExpressionSyntax Value(string name) => root.DescendantNodes().OfType<VariableDeclaratorSyntax>().Single(field => field.Identifier.Text == name).Initializer!.Value;
        int Number(string name) => (int)((LiteralExpressionSyntax)Value(name)).Token.Value!;
        return ((CollectionExpressionSyntax)Value("Services")).Elements.OfType<ExpressionElementSyntax>()
            .Select(static element => (string)((LiteralExpressionSyntax)element.Expression).Token.Value!)
            .Select((name, at) => (name, Grpc: Number("DefaultBase") + at, Http: Number("DefaultBase") + at + Number("HttpOffset")))
            .ToDictionary(static service => service.name, static service => (service.Grpc, service.Http));
    }

    private static JsonElement Settings(string service) => JsonDocument.Parse(Repository.Read($"src/{Projects[service]}/appsettings.json")).RootElement;
}
