namespace GenAiLab.Deploy.Tests.Sources;

/// <summary>One of the lab's own services, as a deployment describes it.</summary>
/// <param name="Name">The name by which the others find it.</param>
/// <param name="Environment">The variables that it is given.</param>
/// <param name="Ports">The ports at which others reach it, or that it is said to listen on: "grpc" and "http".</param>
internal sealed record DeployedService(string Name, IReadOnlyDictionary<string, string> Environment, IReadOnlyDictionary<string, int> Ports)
{
    /// <summary>The image, or null where none is named.</summary>
    public string? Image { get; init; }

    /// <summary>Bytes of memory that it may use; null: unlimited.</summary>
    public long? MemoryLimit { get; init; }
}
