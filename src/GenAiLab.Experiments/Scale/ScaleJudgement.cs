using System.Globalization;
using GenAiLab.Experiments.Statistics;
using GenAiLab.Models.Llama;

namespace GenAiLab.Experiments.Scale;

/// <summary>What the scores of the grid's models say.</summary>
/// <param name="grid">Sizes and amounts.</param>
/// <param name="nats">−log p of each held-out document, by cell; the documents are the same.</param>
/// <param name="lengths">Tokens of each document.</param>
/// <param name="seed">Of the resampling.</param>
internal sealed class ScaleJudgement(ScaleGrid grid, IReadOnlyDictionary<ScaleCell, double[]> nats, int[] lengths, int seed)
{
    // A difference of nothing is no order.
    private const double LeastDifference = 0.001;

    private readonly int[] _documents = [.. Enumerable.Range(0, lengths.Length)];

    /// <summary>A difference for each pair of neighbours, then the losses and the exponents.</summary>
    /// <param name="shape">The shape of a cell's model.</param>
    public IReadOnlyList<Measurement> Measurements(Func<ScaleCell, LlamaConfig> shape) =>
    [
        .. grid.Neighbours.Select(pair => Resampled(drawn => Loss(pair.Less, drawn) - Loss(pair.More, drawn))
            .Measures($"loss of {pair.Less.Name} - loss of {pair.More.Name}, nats per token", Criterion.NotBelow(LeastDifference))),
        .. grid.Cells.Select(cell => Resampled(drawn => Loss(cell, drawn)).Measures(
            string.Create(CultureInfo.InvariantCulture, $"loss of {cell.Name} ({shape(cell).ParameterCount:N0} parameters), nats per token"),
            Criterion.Reported)),
        Resampled(drawn => Exponents(shape, drawn).Size)
            .Measures("exponent of the parameters without embedding: loss ~ N^-a", Criterion.Reported),
        Resampled(drawn => Exponents(shape, drawn).Text)
            .Measures("exponent of the training tokens: loss ~ D^-a", Criterion.Reported),
    ];

    private Interval Resampled(Func<IReadOnlyList<int>, double> figure) => Bootstrap.Percentiles(_documents, figure, seed, resamples: 1_000);

    private double Loss(ScaleCell cell, IReadOnlyList<int> documents)
    {
        var scores = nats[cell];
        var (sum, tokens) = (0.0, 0L);
        foreach (var document in documents)
        {
            (sum, tokens) = (sum + scores[document], tokens + lengths[document]);
        }

        return sum / tokens;
    }

    // Least squares for log loss = c - a log N - b log D. On a full grid log N and log D are uncorrelated, so each slope is
    // that of a line on its own. The range of a lab is too small for the law's constant, the loss that no scale removes.
    private (double Size, double Text) Exponents(Func<ScaleCell, LlamaConfig> shape, IReadOnlyList<int> documents)
    {
        var points = grid.Cells.Select(cell =>
        {
            var config = shape(cell);
            var blocks = config.ParameterCount - ((long)config.VocabularySize * config.HiddenSize);
            return (Size: Math.Log(blocks), Text: Math.Log(cell.Tokens), Loss: Math.Log(Loss(cell, documents)));
        }).ToList();
        return (-Slope(points.Select(static point => (point.Size, point.Loss))), -Slope(points.Select(static point => (point.Text, point.Loss))));
    }

    private static double Slope(IEnumerable<(double X, double Y)> points)
    {
        var list = points.ToList();
        double meanX = list.Average(static point => point.X), meanY = list.Average(static point => point.Y);
        return list.Sum(point => (point.X - meanX) * (point.Y - meanY)) / list.Sum(point => (point.X - meanX) * (point.X - meanX));
    }
}
