using System.Globalization;
using GenAiLab.Decoder;
using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Quantization;
using GenAiLab.Models.Tokenization;
using GenAiLab.Sampling;

namespace GenAiLab.Benchmarks.Quality;

/// <summary>What a format of weights, or of keys and values, loses on a text.</summary>
/// <param name="Format">The format.</param>
/// <param name="Loss">Mean cross-entropy, in nats per token.</param>
/// <param name="Agreement">The share of places at which the most probable token is that of 32-bit floats.</param>
/// <param name="Divergence">Mean Kullback–Leibler divergence from the distribution of 32-bit floats, in nats.</param>
/// <param name="Tokens">Places measured.</param>
public sealed record QualityRow(string Format, double Loss, double Agreement, double Divergence, int Tokens)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Format,-13} loss {Loss:0.0000} nats/token   greedy agreement {Agreement:P2}   KL {Divergence:0.00000} nats   ({Tokens} tokens)");
}

/// <summary>Runs one text through a model in every format of weights, and of keys and values.</summary>
public static class QuantizationQuality
{
    private const int SampledWindows = 64;
    private const int MaximumWindows = 256;

    /// <summary>A row for each format, 32-bit floats first.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="text">Documents; null: windows that the model samples itself.</param>
    /// <param name="cancellation">Ends it between two formats.</param>
    public static IEnumerable<QualityRow> Measure(string folder, IEnumerable<string>? text, CancellationToken cancellation)
    {
        float[][][]? reference = null;
        int[][]? windows = null;
        foreach (var (name, options) in Formats)
        {
            cancellation.ThrowIfCancellationRequested();
            using var graph = DecoderGraphLoading.Load(folder, options, long.MaxValue);
            windows ??= text is null ? Sampled(graph) : Read(folder, text, graph.Config);
            var own = windows.Select(window => Logits(graph, window)).ToArray();
            reference ??= own;
            yield return Row(name, windows, own, reference);
        }
    }

    private static IEnumerable<(string Name, DecoderOptions Options)> Formats =>
    [
        .. WeightFormats.All.Select(static name => (name, new DecoderOptions { Slots = 1, WeightFormat = name, PrefillChunk = 8192 })),
        .. new[] { "fp16", "int8" }.Select(static name => ($"cache {name}", new DecoderOptions { Slots = 1, CacheFormat = name, PrefillChunk = 8192 })),
    ];

    private static QualityRow Row(string format, int[][] windows, float[][][] own, float[][][] reference)
    {
        double loss = 0, divergence = 0;
        var (agree, count) = (0, 0);
        for (var window = 0; window < windows.Length; window++)
        {
            for (var at = 0; at < windows[window].Length - 1; at++, count++)
            {
                var (logits, exact) = (own[window][at], reference[window][at]);
                var (sum, exactSum) = (Distribution.LogSumExp(logits), Distribution.LogSumExp(exact));
                loss -= logits[windows[window][at + 1]] - sum;
                agree += Best(logits) == Best(exact) ? 1 : 0;
                for (var id = 0; id < logits.Length; id++)
                {
                    var log = exact[id] - exactSum;
                    divergence += Math.Exp(log) * (log - (logits[id] - sum));
                }
            }
        }

        return new QualityRow(format, loss / count, (double)agree / count, divergence / count, count);
    }

    private static int Best(float[] logits) => Array.IndexOf(logits, logits.Max());

    private static float[][] Logits(DecoderGraph graph, int[] window)
    {
        var rows = new List<float[]>();
        var step = Math.Min(graph.MaximumTokens, graph.MaximumRows);
        for (var at = 0; at < window.Length; at += step)
        {
            var count = Math.Min(step, window.Length - at);
            graph.Prefill(0, at, window.AsSpan(at, count), count);
            rows.AddRange(Enumerable.Range(0, count).Select(row => graph.Row(row).ToArray()));
        }

        return [.. rows];
    }

    private static int[][] Sampled(DecoderGraph graph)
    {
        var length = Math.Min(128, graph.Config.ContextLength - 1);
        return [.. Enumerable.Range(0, SampledWindows).Select(window =>
        {
            List<int> tokens = [graph.Config.BosTokenId];
            graph.Prefill(0, 0, [tokens[0]], 1);
            while (tokens.Count < length)
            {
                tokens.Add(Sampler.Sample(graph.Row(0), new SamplingOptions { Seed = (ulong)window }, tokens.Count, 0).TokenId);
                graph.Decode([tokens[^1]], [tokens.Count - 1]);
            }

            return tokens.ToArray();
        })];
    }

    private static int[][] Read(string folder, IEnumerable<string> text, DecoderConfig config)
    {
        var vocabulary = ByteLevelBpe.Load(Path.Combine(folder, "tokenizer.json"));
        return [.. text.Where(static line => line.Length > 0).Take(MaximumWindows)
            .Select(line => (int[])[config.BosTokenId, .. vocabulary.EncodeIds(line).Take(config.ContextLength - 1)]).Where(static window => window.Length > 1)];
    }
}
