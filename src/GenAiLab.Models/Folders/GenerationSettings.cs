namespace GenAiLab.Models.Folders;

/// <summary>What a folder says of how its model wants to be sampled. Null: it does not say.</summary>
public sealed record GenerationSettings
{
    /// <summary>Divides the logits; 0 where the folder asks for the most probable token always. Range [0, 100].</summary>
    public float? Temperature { get; init; }

    /// <summary>How many of the most probable tokens are kept; 0: all.</summary>
    public int? TopK { get; init; }

    /// <summary>Range (0, 1].</summary>
    public float? TopP { get; init; }

    /// <summary>Range [0, 1].</summary>
    public float? MinP { get; init; }

    /// <summary>Range (0, 1].</summary>
    public float? TypicalP { get; init; }

    /// <summary>Range (0, 10].</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>The least tokens to generate.</summary>
    public int? MinTokens { get; init; }

    /// <summary>The most tokens to generate.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// Reads the settings of either convention: they have the same names. max_length and min_length are left out,
    /// since they count the prompt too.
    /// </summary>
    /// <exception cref="ModelFolderException">A value is of the wrong kind or out of range.</exception>
    internal static GenerationSettings Read(FolderJson json) => new()
    {
        Temperature = json.Flag("do_sample") == false ? 0 : json.Fraction("temperature", 0, 100),
        TopK = json.OptionalNumber("top_k", 0, 1 << 20),
        TopP = Positive(json, "top_p", 1),
        MinP = json.Fraction("min_p", 0, 1),
        TypicalP = Positive(json, "typical_p", 1),
        RepetitionPenalty = Positive(json, "repetition_penalty", 10),
        MinTokens = json.OptionalNumber("min_new_tokens", 0, 1 << 20),
        MaxTokens = json.OptionalNumber("max_new_tokens", 1, 1 << 20),
    };

    private static float? Positive(FolderJson json, string name, float most) =>
        json.Fraction(name, 0, most) switch
        {
            // Both conventions write 0 for a filter that is off.
            0 => null,
            var value => value,
        };
}
