using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace GenAiLab.Deploy.Tests.Sources;

/// <summary>A compose file, read as far as these tests need; docker-compose's own reading is held against it.</summary>
internal sealed partial class ComposeFile
{
    private readonly Dictionary<string, Dictionary<object, object>> _services;

    private ComposeFile(Dictionary<string, Dictionary<object, object>> services) => _services = services;

    /// <summary>Every service, the database and the dashboard included.</summary>
    public IEnumerable<string> AllNames => _services.Keys;

    /// <param name="text">The file.</param>
    /// <param name="variables">What stands in the .env file.</param>
    public static ComposeFile Parse(string text, IReadOnlyDictionary<string, string> variables)
    {
        // Merge keys (<<) are the parser's to resolve.
        var root = new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(new StringReader(Interpolate(text, variables)))))!;
        return new ComposeFile(((Dictionary<object, object>)root["services"]).ToDictionary(
            static pair => (string)pair.Key, static pair => (Dictionary<object, object>)pair.Value));
    }

    /// <summary>The client of the services that is deployed beside them.</summary>
    public const string Console = "console";

    /// <summary>The services that are built from this repository, without the console, which serves no gRPC.</summary>
    public IReadOnlyList<DeployedService> Services() =>
        [.. _services.Where(static service => service.Key != Console && service.Value.ContainsKey("build")).Select(static service => Read(service.Key, service.Value))];

    public IReadOnlyDictionary<string, string> Environment(string service) => Environment(_services[service]);

    /// <summary>A service's key as it stands there; null where it is not set.</summary>
    public object? Value(string service, string key) => _services[service].GetValueOrDefault(key);

    /// <summary>A list of words, such as a health check's command.</summary>
    public IReadOnlyList<string> Words(string service, params string[] path)
    {
        object value = _services[service];
        foreach (var key in path)
        {
            value = ((Dictionary<object, object>)value)[key];
        }

        return [.. ((List<object>)value).Cast<string>()];
    }

    /// <summary>The services whose health this one waits for.</summary>
    public IReadOnlySet<string> WaitsFor(string service) =>
        Value(service, "depends_on") is Dictionary<object, object> names ? names.Keys.Cast<string>().ToHashSet() : [];

    /// <summary>512m, 2g.</summary>
    public static long Bytes(string size) =>
        long.Parse(size[..^1], CultureInfo.InvariantCulture) << (size[^1] switch { 'm' => 20, 'g' => 30, _ => throw new FormatException(size) });

    private static DeployedService Read(string name, Dictionary<object, object> service) => new(
        name,
        Environment(service),
        Environment(service).Where(static pair => UrlKey().IsMatch(pair.Key)).ToDictionary(
            static pair => UrlKey().Match(pair.Key).Groups["name"].Value, static pair => new Uri(pair.Value).Port))
    {
        Image = (string?)service.GetValueOrDefault("image"),
        MemoryLimit = service.TryGetValue("mem_limit", out var limit) ? Bytes((string)limit) : null,
    };

    private static Dictionary<string, string> Environment(Dictionary<object, object> service) =>
        service.TryGetValue("environment", out var variables)
            ? ((Dictionary<object, object>)variables).ToDictionary(static pair => (string)pair.Key, static pair => (string)pair.Value)
            : [];

    // ${NAME:?message}, the only form that the file uses.
    private static string Interpolate(string text, IReadOnlyDictionary<string, string> variables) => Reference().Replace(
        text, match => variables.GetValueOrDefault(match.Groups["name"].Value) is { Length: > 0 } value ? value : throw new InvalidOperationException(match.Groups["message"].Value));

    [GeneratedRegex(@"\$\{(?<name>\w+):\?(?<message>[^}]*)\}")]
    private static partial Regex Reference();

    [GeneratedRegex("^Kestrel__Endpoints__(?<name>[a-z]+)__Url$")]
    private static partial Regex UrlKey();
}
