using System.Text.Json;
using GenAiLab.ServiceDefaults;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces;

/// <summary>
/// The members of a JSON object, each asked for by name and by kind; a null is as good as none. What nobody asked
/// for is unknown, and refused: a parameter that is not looked at must not pass for one that was obeyed.
/// </summary>
/// <param name="element">An object.</param>
/// <param name="path">What stands before the names in errors, such as <c>messages[0].</c></param>
internal sealed class JsonFields(JsonElement element, string path = "")
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The object at a place.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: something else is there.</exception>
    public static JsonFields Of(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object
        ? new JsonFields(element, name + ".")
        : throw RpcErrors.InvalidArgument(name, "must be an object");

    /// <summary>The whole name of a member, as errors say it.</summary>
    public string Name(string name) => path + name;

    /// <summary>A member as it stands; null when there is none.</summary>
    public JsonElement? Any(string name)
    {
        _asked.Add(name);
        return element.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;
    }

    public string? Text(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => Valid(name, value),
        _ => throw Wrong(name, "must be a string"),
    };

    public bool? Flag(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "must be true or false"),
    };

    public float? Number(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetSingle(out var number) && float.IsFinite(number) => number,
        _ => throw Wrong(name, "must be a number"),
    };

    public int? Whole(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) => number,
        _ => throw Wrong(name, "must be a whole number"),
    };

    public int? Whole(string name, int least, int most) => Whole(name) is not { } number ? null
        : number >= least && number <= most ? number
        : throw Wrong(name, $"must be in [{least}, {most}]");

    public long? Long(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) => number,
        _ => throw Wrong(name, "must be a whole number"),
    };

    public JsonFields? Object(string name) => Any(name) is { } value ? Of(value, Name(name)) : null;

    public IReadOnlyList<JsonElement>? List(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray()],
        _ => throw Wrong(name, "must be an array"),
    };

    /// <summary>Strings; a single one may stand alone.</summary>
    public IReadOnlyList<string> Texts(string name) => Any(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } value => [Valid(name, value)],
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Select((item, at) =>
            item.ValueKind == JsonValueKind.String ? Valid($"{name}[{at}]", item) : throw Wrong($"{name}[{at}]", "must be a string"))],
        _ => throw Wrong(name, "must be a string or an array of strings"),
    };

    /// <summary>Members that change nothing here, whatever they say.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _asked.Add(name);
        }
    }

    /// <summary>Members that would change the answer and cannot be obeyed; one that says the ordinary is none.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming it.</exception>
    public void Refuse(string name, string why, Func<JsonElement, bool>? ordinary = null)
    {
        if (Any(name) is { } value && ordinary?.Invoke(value) != true)
        {
            throw Wrong(name, why);
        }
    }

    /// <summary>To be called when everything was asked for.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming a member that nobody asked for.</exception>
    public void RefuseOthers()
    {
        foreach (var member in element.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && !_asked.Contains(member.Name))
            {
                throw Wrong(member.Name.Length <= 128 ? member.Name : member.Name[..128] + "…", "is not a parameter that is known here");
            }
        }
    }

    public RpcException Wrong(string name, string description) => RpcErrors.InvalidArgument(Name(name), description);

    // Lone surrogates have no UTF-8, and the reader of JSON says so only when the string is taken.
    private string Valid(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(name, "is not valid Unicode");
        }
    }
}
