namespace GenAiLab.Models.Quantization;

/// <summary>How the matrices of a decoder are held and multiplied.</summary>
public enum WeightFormat
{
    /// <summary>32-bit floats: as they are trained.</summary>
    Float32,

    /// <summary>16-bit floats, for GPUs; the norms and the sums of layers stay in 32 bits.</summary>
    Float16,

    /// <summary>8 bits, a scale for each 32 weights; activations are quantised by the same blocks.</summary>
    Int8,

    /// <summary>8 bits, a scale per column; each row of activations has a scale of its own.</summary>
    Int8PerRow,

    /// <summary>8 bits, a scale per column; all rows of a run share one scale of the activations.</summary>
    Int8Dynamic,

    /// <summary>4 bits, a scale for each 32 weights.</summary>
    Int4,

    /// <summary>4 bits, a scale for each 128 weights.</summary>
    Int4Block128,
}

/// <summary>The formats' names on command lines and in settings.</summary>
public static class WeightFormats
{
    private static readonly (WeightFormat Format, string Name)[] Names =
    [
        (WeightFormat.Float32, "fp32"), (WeightFormat.Float16, "fp16"), (WeightFormat.Int8, "int8"), (WeightFormat.Int8PerRow, "int8-row"),
        (WeightFormat.Int8Dynamic, "int8-dynamic"), (WeightFormat.Int4, "int4"), (WeightFormat.Int4Block128, "int4-128"),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Names.Select(static entry => entry.Name)];

    /// <summary>The format's name.</summary>
    public static string Name(this WeightFormat format) => Names.First(entry => entry.Format == format).Name;

    /// <summary>The format of that name, or null.</summary>
    public static WeightFormat? Parse(string name)
    {
        foreach (var entry in Names)
        {
            if (entry.Name == name)
            {
                return entry.Format;
            }
        }

        return null;
    }

    /// <summary>Bits and weights per scale of the block formats; null: not one of them.</summary>
    public static (int Bits, int Block)? Blocks(this WeightFormat format) => format switch
    {
        WeightFormat.Int8 => (8, 32),
        WeightFormat.Int4 => (4, 32),
        WeightFormat.Int4Block128 => (4, 128),
        _ => null,
    };
}
