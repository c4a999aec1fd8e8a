using System.Globalization;
using GenAiLab.Training.Base;

namespace GenAiLab.Experiments.Scale;

/// <summary>A shape of model.</summary>
/// <param name="Label">What it is called.</param>
/// <param name="Width">Of the residual stream.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Query heads of 16.</param>
/// <param name="LearningRate">Largest rate: the wider, the smaller.</param>
internal sealed record ScaleSize(string Label, int Width, int Layers, int Heads, float LearningRate);

/// <summary>A size on an amount of text.</summary>
/// <param name="Size">The model.</param>
/// <param name="Tokens">Tokens read, each once.</param>
internal sealed record ScaleCell(ScaleSize Size, int Tokens)
{
    /// <summary>Tokens of a row.</summary>
    public const int Length = 128;

    private const int Batch = 8;
    private const int HeadSize = 16;

    /// <summary>Its model's name.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Size.Label}-{Tokens / 1_000}k");

    /// <summary>One pass over the text.</summary>
    public BaseTrainingOptions Options(int seed, int warmUpSteps) => new()
    {
        Seed = seed,
        Steps = Tokens / (Batch * Length),
        BatchSize = Batch,
        Length = Length,
        CorpusTokens = Tokens + 1,
        HiddenSize = Size.Width,
        Layers = Size.Layers,
        Heads = Size.Heads,
        HeadSize = HeadSize,
        IntermediateSize = Size.Width * 8 / 3 / 8 * 8,
        LearningRate = Size.LearningRate,
        WarmUpSteps = warmUpSteps,
    };
}

/// <summary>Which sizes, on which amounts.</summary>
/// <param name="Sizes">Smallest first.</param>
/// <param name="Tokens">Fewest first.</param>
/// <param name="WarmUpSteps">Of every training.</param>
internal sealed record ScaleGrid(IReadOnlyList<ScaleSize> Sizes, IReadOnlyList<int> Tokens, int WarmUpSteps)
{
    /// <summary>Sizes within amounts.</summary>
    public IReadOnlyList<ScaleCell> Cells { get; } = [.. Tokens.SelectMany(tokens => Sizes.Select(size => new ScaleCell(size, tokens)))];

    /// <summary>Cells that differ by one step on one axis; the second of each pair is the larger.</summary>
    public IEnumerable<(ScaleCell Less, ScaleCell More)> Neighbours =>
        Tokens.SelectMany(tokens => Sizes.Zip(Sizes.Skip(1), (less, more) => (new ScaleCell(less, tokens), new ScaleCell(more, tokens))))
            .Concat(Sizes.SelectMany(size => Tokens.Zip(Tokens.Skip(1), (less, more) => (new ScaleCell(size, less), new ScaleCell(size, more)))));

    /// <summary>Three by three, or two by two that train in seconds.</summary>
    public static ScaleGrid Create(bool quick)
    {
        ScaleSize small = new("small", 32, 2, 2, 1e-2f), medium = new("medium", 64, 3, 4, 6e-3f), large = new("large", 128, 4, 8, 3e-3f);
        const int unit = 1_024;
        return quick
            ? new ScaleGrid([small with { Width = 16, Layers = 1, Heads = 1 }, medium with { Layers = 2 }], [40 * unit, 160 * unit], 10)
            : new ScaleGrid([small, medium, large], [150 * unit, 450 * unit, 1_350 * unit], 30);
    }
}
