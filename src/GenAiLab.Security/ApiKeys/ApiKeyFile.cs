using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GenAiLab.Security.ApiKeys;

/// <summary>
/// The file of API keys: <c>{"keys": [{"id", "hash", "scopes", "per_minute", "tenant"}]}</c>, with hashes in
/// hexadecimal. Read strictly: a misspelled property would otherwise pass for a missing limit.
/// </summary>
public static partial class ApiKeyFile
{
    /// <summary>Keys in one file at most; each request is compared with all of them.</summary>
    public const int MaximumKeys = 10_000;

    /// <summary>The greatest rate, in requests per minute.</summary>
    public const int MaximumPerMinute = 1_000_000;

    private const int MaximumBytes = 8 * 1024 * 1024;
    private static readonly string[] Properties = ["id", "hash", "scopes", "per_minute", "tenant"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the keys.</summary>
    /// <exception cref="SecurityFileException">They cannot be read; the message names the file, the key and the property.</exception>
    public static IReadOnlyList<ApiKey> Read(NamedPath file)
    {
        try
        {
            using var stream = File.OpenRead(file.Path);
            if (stream.Length > MaximumBytes)
            {
                throw new FormatException($"it is larger than {MaximumBytes / 1024 / 1024} MiB");
            }

            using var document = JsonDocument.Parse(stream, Strict);
            return Keys(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new SecurityFileException($"{file} is no JSON: see line {error.LineNumber + 1}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new SecurityFileException($"{file} is no JSON: it has a string that is not valid Unicode", error);
        }
        catch (FormatException error)
        {
            throw new SecurityFileException($"{file} is no file of API keys: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SecurityFileException(
                $"{file} cannot be read: {(error is UnauthorizedAccessException ? "this user may not" : "is it there? lab keys create makes one")}", error);
        }
    }

    /// <summary>Replaces the file, whole or not at all, with mode 0600.</summary>
    public static void Write(string path, IEnumerable<ApiKey> keys)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Readable))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("keys");
            foreach (var key in keys)
            {
                writer.WriteStartObject();
                writer.WriteString("id", key.Id);
                writer.WriteString("hash", Convert.ToHexStringLower(key.Hash));
                writer.WriteStartArray("scopes");
                foreach (var scope in key.Scopes.Order(StringComparer.Ordinal))
                {
                    writer.WriteStringValue(scope);
                }

                writer.WriteEndArray();
                writer.WriteNumber("per_minute", key.PerMinute);
                writer.WriteString("tenant", key.Tenant);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        PrivateFile.Write(path, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>Reads, changes and replaces the file while no other process does; a file that is not there has no keys.</summary>
    /// <exception cref="SecurityFileException">It cannot be read, or another process is changing it.</exception>
    public static void Change(NamedPath file, Func<IReadOnlyList<ApiKey>, IEnumerable<ApiKey>> change)
    {
        FileStream turn;
        try
        {
            // Two changes at once could bring a revoked key back.
            turn = new FileStream(file.Path + ".lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException error)
        {
            throw new SecurityFileException($"{file} is being changed by another command, or its folder cannot be written: try again", error);
        }

        using (turn)
        {
            Write(file.Path, change(File.Exists(file.Path) ? Read(file) : []));
        }
    }

    /// <summary>What is wrong with a tenant's name; null: nothing.</summary>
    public static string? TenantObstacle(string tenant) => Name().IsMatch(tenant) ? null : "must be 1 to 64 letters, digits, '.', '_' or '-'";

    private static List<ApiKey> Keys(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || root.EnumerateObject().Select(static property => property.Name).ToArray() is not ["keys"]
            || root.GetProperty("keys") is not { ValueKind: JsonValueKind.Array } array)
        {
            throw new FormatException("""it must hold {"keys": [...]}""");
        }

        if (array.GetArrayLength() > MaximumKeys)
        {
            throw new FormatException($"it holds more than {MaximumKeys} keys");
        }

        var keys = array.EnumerateArray().Select(Key).ToList();
        return keys.GroupBy(static key => key.Id, StringComparer.Ordinal).FirstOrDefault(static same => same.Count() > 1) is { } twice
            ? throw new FormatException($"the id '{twice.Key}' is there twice")
            : keys;
    }

    private static ApiKey Key(JsonElement element, int index)
    {
        var where = $"keys[{index}]";
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{where} is no object");
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!Properties.Any(property.NameEquals))
            {
                throw new FormatException($"{where} has a property that is none of {string.Join(", ", Properties)}");
            }
        }

        var id = Text(element, where, "id");
        if (!Name().IsMatch(id))
        {
            throw new FormatException($"{where}.id must be 1 to 64 letters, digits, '.', '_' or '-'");
        }

        var hash = Text(element, where, "hash");
        if (!Hash().IsMatch(hash))
        {
            throw new FormatException($"{where}.hash must be 64 hexadecimal digits");
        }

        if (!element.TryGetProperty("per_minute", out var rate) || rate.ValueKind != JsonValueKind.Number
            || !rate.TryGetInt32(out var perMinute) || perMinute is < 1 or > MaximumPerMinute)
        {
            throw new FormatException($"{where}.per_minute must be a number from 1 to {MaximumPerMinute}");
        }

        var tenant = element.TryGetProperty("tenant", out _) ? Text(element, where, "tenant") : id;
        return TenantObstacle(tenant) is { } obstacle
            ? throw new FormatException($"{where}.tenant {obstacle}")
            : new ApiKey { Id = id, Hash = Convert.FromHexString(hash), Scopes = Scopes(element, where), PerMinute = perMinute, Tenant = tenant };
    }

    private static HashSet<string> Scopes(JsonElement element, string where)
    {
        if (!element.TryGetProperty("scopes", out var array) || array.ValueKind != JsonValueKind.Array
            || array.EnumerateArray().Any(static scope => scope.ValueKind != JsonValueKind.String || !ApiScopes.All.Contains(scope.GetString())))
        {
            throw new FormatException($"{where}.scopes must be an array of {string.Join(", ", ApiScopes.All)}");
        }

        return [.. array.EnumerateArray().Select(static scope => scope.GetString()!)];
    }

    private static string Text(JsonElement element, string where, string name)
    {
        try
        {
            return element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw new FormatException($"{where}.{name} must be a string");
        }
        catch (InvalidOperationException error)
        {
            throw new FormatException($"{where}.{name} is no valid Unicode", error);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[0-9A-Fa-f]{64}\z")]
    private static partial Regex Hash();
}
