using System.Globalization;

namespace GenAiLab.Models.Folders;

/// <summary>What a decoder's graph calls its inputs and outputs. In those of the cache %d stands for the layer.</summary>
public sealed record GraphNames
{
    private const string Placeholder = "%d";

    /// <summary>[batch, sequence] integers.</summary>
    public string InputIds { get; init; } = "input_ids";

    /// <summary>[batch, total], 1 for every token in the cache or in the run.</summary>
    public string AttentionMask { get; init; } = "attention_mask";

    /// <summary>[batch, sequence], the place of each token.</summary>
    public string PositionIds { get; init; } = "position_ids";

    /// <summary>Keys of the tokens that were run before: [batch, heads, past, width].</summary>
    public string PastKey { get; init; } = "past_key_values.%d.key";

    /// <summary>Their values.</summary>
    public string PastValue { get; init; } = "past_key_values.%d.value";

    /// <summary>Keys with those of the run: [batch, heads, total, width].</summary>
    public string PresentKey { get; init; } = "present.%d.key";

    /// <summary>Their values.</summary>
    public string PresentValue { get; init; } = "present.%d.value";

    /// <summary>[batch, sequence, vocabulary].</summary>
    public string Logits { get; init; } = "logits";

    /// <summary>The name of a layer's tensor.</summary>
    public static string Of(string pattern, int layer) => pattern.Replace(Placeholder, layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>The layer that a name of that pattern stands for; null: it is no such name.</summary>
    public static int? LayerOf(string pattern, string name)
    {
        var at = pattern.IndexOf(Placeholder, StringComparison.Ordinal);
        var (before, after) = (pattern[..at], pattern[(at + Placeholder.Length)..]);
        return name.Length > pattern.Length - Placeholder.Length
            && name.StartsWith(before, StringComparison.Ordinal) && name.EndsWith(after, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(at, name.Length - before.Length - after.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var layer)
                ? layer
                : null;
    }

    /// <summary>Whether a pattern names one layer in one place.</summary>
    public static bool IsPattern(string pattern) => pattern.Split(Placeholder).Length == 2;
}
