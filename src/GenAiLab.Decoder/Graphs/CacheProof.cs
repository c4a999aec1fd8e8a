using System.Numerics.Tensors;
using GenAiLab.Models.Folders;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Runs one text whole, in two parts and token by token, and compares: what a graph makes of its cache is found
/// out where it is relied on. A graph whose later parts are wrong when they have several tokens is run token by
/// token behind a past; one whose steps are wrong is refused.
/// </summary>
internal static class CacheProof
{
    private const int Tokens = 8;

    // Of the spread of the logits: rounding, and of graphs that quantise their activations those errors too. Where
    // the cache is not heeded, or places are wrong, the logits are others and the difference is near 1.
    private const double Tolerance = 0.02;
    private const double QuantizedTolerance = 0.5;

    /// <summary>Checks a graph; overwrites its cache.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="quantized">Whether it quantises activations.</param>
    /// <exception cref="ModelFolderException">It does not give, token by token, what it gives for a whole text.</exception>
    public static void Check(DecoderGraph graph, bool quantized)
    {
        var count = Math.Min(Tokens, Math.Min(graph.MaximumTokens, graph.Config.ContextLength - 1));
        if (count < 2)
        {
            return;
        }

        var random = new Random(20_250_117);
        int[] tokens = [.. Enumerable.Range(0, count).Select(_ => random.Next(graph.Config.VocabularySize))];
        var whole = graph.Prefill(0, 0, tokens, 1).ToArray();
        if (!double.IsFinite(TensorPrimitives.SumOfSquares<float>(whole)))
        {
            throw new ModelFolderException(graph.Config.GraphFile, "its logits are not finite numbers");
        }

        var tolerance = quantized ? QuantizedTolerance : Tolerance;
        if (graph is CopyingDecoderGraph copying && count > 2)
        {
            copying.StepsBehindPast = !TakesParts(graph, tokens, whole, tolerance);
        }

        graph.Prefill(0, 0, tokens.AsSpan(0, 1), 1);
        for (var at = 1; at < count; at++)
        {
            graph.Decode(0, [tokens[at]], [at]);
        }

        if (!(Distance(graph.Row(0), whole) <= tolerance))
        {
            throw new ModelFolderException(graph.Config.GraphFile, "token by token it gives other logits than for a whole text: its cache or its positions are not of a kind that the engine knows");
        }
    }

    private static bool TakesParts(DecoderGraph graph, int[] tokens, float[] whole, double tolerance)
    {
        var half = tokens.Length / 2;
        try
        {
            graph.Prefill(0, 0, tokens.AsSpan(0, half), 1);
            return Distance(graph.Prefill(0, half, tokens.AsSpan(half), 1), whole) <= tolerance;
        }
        catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            return false;
        }
    }

    // The root mean square of the difference over that of the logits around their mean.
    private static double Distance(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var mean = TensorPrimitives.Sum(right) / right.Length;
        double difference = 0, spread = 0;
        for (var at = 0; at < right.Length; at++)
        {
            difference += Math.Pow(left[at] - right[at], 2);
            spread += Math.Pow(right[at] - mean, 2);
        }

        return spread == 0 ? difference == 0 ? 0 : double.PositiveInfinity : Math.Sqrt(difference / spread);
    }
}
