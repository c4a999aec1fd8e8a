using GenAiLab.Sampling;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// How large keys and values become, channel by channel, in texts that the model writes itself: no others are at hand, and what it
/// writes is what it was made for (Liu et al. 2023, arXiv:2305.17888, section 3.1). What becomes larger later is cut off there.
/// </summary>
internal static class CacheScales
{
    private const int Texts = 4;
    private const int MostTokens = 256;

    // Of the greatest that was seen: other texts have others.
    private const float Margin = 1.2f;

    /// <summary>Loads a model with a cache of 32-bit floats, lets it write, and frees it.</summary>
    /// <param name="source">Its folder.</param>
    /// <param name="options">How it will be run.</param>
    /// <param name="budget">Bytes that the KV cache may take.</param>
    /// <returns>For each tensor of the cache, [heads, width]: what a byte counts.</returns>
    public static IReadOnlyList<float[,]> Measure(DecoderSource source, DecoderOptions options, long budget)
    {
        var exact = options.Copy();
        (exact.CacheFormat, exact.PromptFormat, exact.Slots) = ("fp32", "", 1);
        using var graph = (SharedDecoderGraph)DecoderGraphLoading.Load(source, exact, budget);
        var scales = graph.Shape.Caches.Select(static cache => new float[cache.Heads, cache.Width]).ToList();
        for (var text = 0; text < Texts; text++)
        {
            var tokens = Write(graph, (ulong)text);
            for (var tensor = 0; tensor < scales.Count; tensor++)
            {
                var greatest = graph.GreatestOf(0, tensor, tokens);
                Widen(scales[tensor], tensor % 2 == 0 ? OfPairs(greatest) : greatest);
            }
        }

        return scales;
    }

    // Deterministic, so that two loads agree.
    private static int Write(DecoderGraph graph, ulong seed)
    {
        var length = Math.Min(MostTokens, graph.Config.ContextLength);
        var token = graph.Config.BosTokenId;
        for (var at = 0; at < length; at++)
        {
            graph.Decode([token], [at]);
            token = Sampler.Sample(graph.Row(0), new SamplingOptions { Seed = seed }, at, 0).TokenId;
        }

        return length;
    }

    // Rotary positions (Su et al. 2021, arXiv:2104.09864) turn a channel of a key with that of the other half: what one of them is
    // now the other may be later. Where neighbours are turned, or none, the scale is somewhat wide, or cuts off more.
    private static float[,] OfPairs(float[,] greatest)
    {
        var (heads, width) = (greatest.GetLength(0), greatest.GetLength(1));
        var turned = new float[heads, width];
        for (var head = 0; head < heads; head++)
        {
            for (var channel = 0; channel < width; channel++)
            {
                var half = (channel + (width / 2)) % width;
                turned[head, channel] = MathF.Sqrt(MathF.Pow(greatest[head, channel], 2) + MathF.Pow(greatest[head, half], 2));
            }
        }

        return turned;
    }

    private static void Widen(float[,] scales, float[,] greatest)
    {
        for (var head = 0; head < scales.GetLength(0); head++)
        {
            for (var channel = 0; channel < scales.GetLength(1); channel++)
            {
                // Not 0: a channel without anything is divided by it all the same.
                scales[head, channel] = Math.Max(scales[head, channel], Math.Max(Margin * greatest[head, channel] / sbyte.MaxValue, 1e-9f));
            }
        }
    }
}
