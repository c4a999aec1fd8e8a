using System.Text.Json;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>An object in a folder's JSON file whose values are checked as they are read; null counts as absent.</summary>
/// <param name="file">The file's name, for refusals.</param>
/// <param name="path">Where the object is in it, with a dot at the end; empty for the whole.</param>
/// <param name="element">An object.</param>
internal sealed class JsonObjectReader(string file, string path, JsonElement element)
{
    /// <summary>The names of what it has.</summary>
    public IEnumerable<string> Names => element.EnumerateObject().Where(static pair => pair.Value.ValueKind != JsonValueKind.Null).Select(static pair => pair.Name);

    public bool Has(string name) => Find(name) is not null;

    public bool IsNumber(string name) => Find(name)?.ValueKind == JsonValueKind.Number;

    public JsonElement? Find(string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public JsonObjectReader Object(string name) => Find(name) is { ValueKind: JsonValueKind.Object } value
        ? new JsonObjectReader(file, $"{path}{name}.", value)
        : throw Refuse($"{path}{name} must be an object");

    public bool Flag(string name, bool absent) => Find(name) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Refuse($"{path}{name} must be true or false"),
    };

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Refuse($"{path}{name} must be a string"),
    };

    /// <param name="name">Of the value.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most that it may be.</param>
    /// <param name="absent">What it is where it is absent; null: it must not be.</param>
    public int Integer(string name, int least, int most, int? absent = null) => Find(name) switch
    {
        null when absent is { } value => value,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= least && number <= most => number,
        _ => throw Refuse($"{path}{name} must be a whole number from {least} to {most}"),
    };

    public double Real(string name, double least, double most, double absent) =>
        Find(name) is { } value ? Real(value, name, least, most) : absent;

    /// <summary>A number, or a list of them.</summary>
    public IReadOnlyList<float> Reals(string name, double least, double most) => Find(name) switch
    {
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Take(4).Select(one => (float)Real(one, name, least, most))],
        { } value => [(float)Real(value, name, least, most)],
        null => throw Refuse($"{path}{name} is missing"),
    };

    public ModelFolderException Refuse(string reason) => new(file, reason);

    private double Real(JsonElement value, string name, double least, double most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most
            ? number
            : throw Refuse($"{path}{name} must be a number from {least} to {most}, or a list of them");
}
