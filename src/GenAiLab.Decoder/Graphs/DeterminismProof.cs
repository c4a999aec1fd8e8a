using GenAiLab.Models.Folders;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Runs the same streams alone and in company and compares bits. Whether they agree is a property of the
/// weights' format, the kernels and the machine, so it is found out where it is relied on.
/// </summary>
internal static class DeterminismProof
{
    private const int MaximumPrompt = 24;
    private const int Steps = 2;

    /// <summary>Whether decode steps give the same bits at every width and on every slot. Overwrites the cache.</summary>
    public static bool IsBatchInvariant(DecoderGraph graph)
    {
        var random = new Random(20_241_231);
        var longest = Math.Min(MaximumPrompt, graph.Config.ContextLength - 1 - Steps);
        if (longest < 1)
        {
            return false;
        }

        var prompts = Enumerable.Range(0, graph.Slots)
            .Select(at => Enumerable.Range(0, 1 + (at % longest)).Select(_ => random.Next(graph.Config.VocabularySize)).ToArray()).ToArray();
        var next = prompts.Select(_ => Enumerable.Range(0, Steps).Select(_ => random.Next(graph.Config.VocabularySize)).ToArray()).ToArray();
        var alone = prompts.Select((prompt, at) => Alone(graph, prompt, next[at])).ToArray();
        // Once for all widths: the steps of each write over those of the one before, behind the prompts.
        for (var slot = 0; slot < prompts.Length; slot++)
        {
            Prefill(graph, slot, prompts[slot]);
        }

        return Widths(graph.Slots).All(width => Agrees(graph, prompts, next, alone, width));
    }

    // All widths matter; between 1 and the slots there are kernels for small, odd and even ones.
    private static IEnumerable<int> Widths(int slots) =>
        Enumerable.Range(2, Math.Max(0, slots - 1)).Where(width => width <= 9 || width == slots || width % 8 is 0 or 1 or 7);

    // In slot 0, whatever slot the prompt has in company.
    private static float[][] Alone(DecoderGraph graph, int[] prompt, int[] next)
    {
        Prefill(graph, 0, prompt);
        return [.. next.Select((token, at) => graph.Decode(0, [token], [prompt.Length + at]).ToArray())];
    }

    private static bool Agrees(DecoderGraph graph, int[][] prompts, int[][] next, float[][][] alone, int width)
    {
        for (var step = 0; step < Steps; step++)
        {
            graph.Decode(0, [.. next.Take(width).Select(tokens => tokens[step])], [.. prompts.Take(width).Select(prompt => prompt.Length + step)]);
            for (var slot = 0; slot < width; slot++)
            {
                if (!graph.Row(slot).SequenceEqual(alone[slot][step]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void Prefill(DecoderGraph graph, int slot, int[] prompt)
    {
        for (var at = 0; at < prompt.Length; at += graph.MaximumTokens)
        {
            graph.Prefill(slot, at, prompt.AsSpan(at, Math.Min(graph.MaximumTokens, prompt.Length - at)), 1);
        }
    }
}
