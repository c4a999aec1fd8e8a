using System.Reflection;

namespace GenAiLab.Client.Tests;

/// <summary>How and where these tests were built.</summary>
internal static class Build
{
    public static string Configuration => Metadata(nameof(Configuration));

    /// <summary>The folder of restored packages.</summary>
    public static string PackageRoot => Metadata(nameof(PackageRoot));

    public static string Repository => Metadata(nameof(Repository));

    private static string Metadata(string key) =>
        typeof(Build).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
