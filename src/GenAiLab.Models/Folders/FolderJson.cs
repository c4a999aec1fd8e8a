using System.Text.Json;

namespace GenAiLab.Models.Folders;

/// <summary>
/// An object of a model folder's JSON file, read as hostile: a value of the wrong kind or out of range is refused
/// under its full name. null counts as absent, as both conventions write it.
/// </summary>
public readonly struct FolderJson
{
    private const int MaximumBytes = 8 * 1024 * 1024;
    private const int MaximumText = 256;
    private const int MaximumIds = 64;
    private readonly string _file;
    private readonly string _path;
    private readonly JsonElement _object;

    private FolderJson(string file, string path, JsonElement value) => (_file, _path, _object) = (file, path, value);

    /// <summary>Reads a file whose content is an object.</summary>
    /// <exception cref="ModelFolderException">It is missing, too large, or no such file.</exception>
    public static FolderJson Read(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw new ModelFolderException(file, "the file is missing");
            }

            if (info.Length > MaximumBytes)
            {
                throw new ModelFolderException(file, $"larger than {MaximumBytes:N0} bytes");
            }

            if (info.Length == 0)
            {
                // Of a pipe too, which would keep whoever opens it waiting.
                throw new ModelFolderException(file, "the file is empty; truncated?");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new FolderJson(file, "", document.RootElement.Clone())
                : throw new ModelFolderException(file, "must be an object");
        }
        catch (JsonException error)
        {
            throw new ModelFolderException(file, "not valid JSON; truncated?", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }

    /// <summary>The names of the values that are there.</summary>
    public IReadOnlyList<string> Names => [.. Entries().Where(static pair => pair.Value.ValueKind != JsonValueKind.Null).Select(static pair => pair.Key)];

    /// <summary>Whether a value is there.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether a value is there and a number.</summary>
    public bool IsNumber(string name) => Find(name) is { ValueKind: JsonValueKind.Number };

    /// <summary>An object that must be there.</summary>
    public FolderJson Object(string name) => OptionalObject(name) ?? throw Refuse(name, "is missing");

    /// <summary>An object, or null when it is absent.</summary>
    public FolderJson? OptionalObject(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new FolderJson(_file, $"{_path}{name}.", value)
        : throw Refuse(name, "must be an object");

    /// <summary>A whole number that must be there.</summary>
    public int Number(string name, int least, int most) => OptionalNumber(name, least, most) ?? throw Refuse(name, "is missing");

    /// <summary>A whole number, or null when it is absent.</summary>
    public int? OptionalNumber(string name, int least, int most) => Find(name) is { } value ? Number(value, name, least, most) : null;

    /// <summary>The first of several names that is there, and its number.</summary>
    public (string Name, int Value)? FirstNumber(int least, int most, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (OptionalNumber(name, least, most) is { } value)
            {
                return (name, value);
            }
        }

        return null;
    }

    /// <summary>A number or a list of them; empty when it is absent. At most 64.</summary>
    public IReadOnlyList<int> Numbers(string name, int least, int most)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return [Number(value, name, least, most)];
        }

        if (value.GetArrayLength() > MaximumIds)
        {
            throw Refuse(name, $"must hold at most {MaximumIds} numbers");
        }

        var json = this;
        return [.. value.EnumerateArray().Select(item => json.Number(item, name, least, most))];
    }

    /// <summary>A fraction, or null when it is absent.</summary>
    public float? Fraction(string name, float least, float most)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) && number >= least && number <= most
            ? number
            : throw Refuse(name, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));
    }

    /// <summary>A number in double precision, or null when it is absent.</summary>
    public double? Real(string name, double least, double most) => Find(name) is { } value ? Real(value, name, least, most) : null;

    /// <summary>A number or a list of them, in double precision; empty when it is absent. At most 64.</summary>
    public IReadOnlyList<double> Reals(string name, double least, double most)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        var json = this;
        return value.ValueKind != JsonValueKind.Array ? [Real(value, name, least, most)]
            : value.GetArrayLength() > MaximumIds ? throw Refuse(name, $"must hold at most {MaximumIds} numbers")
            : [.. value.EnumerateArray().Select(item => json.Real(item, name, least, most))];
    }

    /// <summary>True, false, or null when it is absent.</summary>
    public bool? Flag(string name) => Find(name)?.ValueKind switch
    {
        null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refuse(name, "must be true or false"),
    };

    /// <summary>A short string, or null when it is absent.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return TextOf(value) is { Length: > 0 and <= MaximumText } text ? text : throw Refuse(name, $"must be a string of 1 to {MaximumText} characters");
    }

    /// <summary>Bytes in base64 that must be there.</summary>
    public byte[] Bytes(string name, int most)
    {
        var bytes = Array.Empty<byte>();
        return Find(name) is { } value && value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out bytes!) && bytes.Length <= most
            ? bytes
            : throw Refuse(name, $"must be at most {most:N0} bytes in base64");
    }

    /// <summary>The strings of a list; empty when it is no such list.</summary>
    public IReadOnlyList<string> Texts(string name) => Find(name) is { ValueKind: JsonValueKind.Array } list
        ? [.. list.EnumerateArray().Take(MaximumIds).Select(TextOf).OfType<string>()]
        : [];

    /// <summary>Everything in it by name, as a string where it is one; a name may be there twice.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Texts() => [.. Entries().Select(static pair => KeyValuePair.Create(pair.Key, TextOf(pair.Value)))];

    /// <summary>How many entries a list or an object has; 0 when it is neither.</summary>
    public int Count(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength(),
        { ValueKind: JsonValueKind.Object } value => value.EnumerateObject().Count(),
        _ => 0,
    };

    /// <summary>The folder is refused for what is in the file.</summary>
    public ModelFolderException Refuse(string reason) => new(_file, reason);

    /// <summary>The folder is refused for the value of that name.</summary>
    public ModelFolderException Refuse(string name, string reason) => new(_file, $"{_path}{name} {reason}");

    private JsonElement? Find(string name)
    {
        try
        {
            return _object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, escaped, in a name.
            throw new ModelFolderException(_file, "a name in it is not valid Unicode");
        }
    }

    private List<KeyValuePair<string, JsonElement>> Entries()
    {
        try
        {
            return [.. _object.EnumerateObject().Select(static pair => KeyValuePair.Create(pair.Name, pair.Value))];
        }
        catch (InvalidOperationException)
        {
            throw new ModelFolderException(_file, "a name in it is not valid Unicode");
        }
    }

    private double Real(JsonElement value, string name, double least, double most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most
            ? number
            : throw Refuse(name, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));

    private int Number(JsonElement value, string name, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Refuse(name, $"must be a whole number from {least} to {most}");

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
