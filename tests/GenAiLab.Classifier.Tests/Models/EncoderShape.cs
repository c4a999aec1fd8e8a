namespace GenAiLab.Classifier.Tests.Models;

internal enum EncoderKind
{
    Bert,
    DistilBert,
    Roberta,
    Vit,
}

/// <summary>What a small encoder looks like.</summary>
internal sealed record EncoderShape(EncoderKind Kind)
{
    public int Seed { get; init; } = 1;

    public int Vocabulary { get; init; } = 300;

    /// <summary>Rows of the table of positions.</summary>
    public int Positions { get; init; } = 64;

    public int PadTokenId { get; init; }

    public int Hidden { get; init; } = 16;

    public int Heads { get; init; } = 2;

    public int Layers { get; init; } = 2;

    public IReadOnlyList<string> Labels { get; init; } = ["negative", "neutral", "positive"];

    /// <summary>problem_type of config.json.</summary>
    public string? Problem { get; init; }

    /// <summary>Rows that the graph is fixed to; null: any number.</summary>
    public int? Batch { get; init; }

    /// <summary>Tokens that the graph is fixed to; for ViT any number fixes the image's size. Null: any number.</summary>
    public int? Length { get; init; }

    public bool Mask { get; init; } = true;

    /// <summary>Ids of 32 bits.</summary>
    public bool NarrowIds { get; init; }

    public bool HalfLogits { get; init; }

    public bool HalfPixels { get; init; }

    public int ImageSize { get; init; } = 32;

    public int PatchSize { get; init; } = 8;
}
