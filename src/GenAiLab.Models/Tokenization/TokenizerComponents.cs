using System.Text.Json;

namespace GenAiLab.Models.Tokenization;

/// <summary>What a tokenizer.json is made of, by the format's own names and in its order; nothing where it has no such part.</summary>
/// <param name="Normalizers">What changes a text first.</param>
/// <param name="PreTokenizers">What cuts it into words.</param>
/// <param name="PostProcessors">What adds tokens.</param>
/// <param name="Decoders">What joins tokens.</param>
public sealed record TokenizerComponents(
    IReadOnlyList<string> Normalizers, IReadOnlyList<string> PreTokenizers, IReadOnlyList<string> PostProcessors, IReadOnlyList<string> Decoders)
{
    /// <summary>A vocabulary that has no tokenizer.json.</summary>
    public static TokenizerComponents None { get; } = new([], [], [], []);

    /// <summary>Reads the names of a file that was read and accepted.</summary>
    internal static TokenizerComponents Read(JsonElement root) => new(
        [.. Names(root, "normalizer", "normalizers")], [.. Names(root, "pre_tokenizer", "pretokenizers")],
        [.. Names(root, "post_processor", "processors")], [.. Names(root, "decoder", "decoders")]);

    private static IEnumerable<string> Names(JsonElement root, string part, string members) =>
        root.TryGetProperty(part, out var component) ? Flat(component, members) : [];

    private static IEnumerable<string> Flat(JsonElement component, string members) => component switch
    {
        { ValueKind: not JsonValueKind.Object } => [],
        _ when component.TryGetProperty(members, out var parts) && parts.ValueKind == JsonValueKind.Array => parts.EnumerateArray().SelectMany(one => Flat(one, members)),
        _ when component.TryGetProperty("type", out var type) => [type.GetString() ?? ""],
        _ => [],
    };
}
