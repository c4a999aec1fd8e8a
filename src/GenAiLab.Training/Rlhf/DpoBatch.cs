using GenAiLab.Training.Chat;

namespace GenAiLab.Training.Rlhf;

/// <summary>
/// Pairs as the rows of a batch, time-major: the chosen conversations first, then the rejected ones in the same order.
/// </summary>
internal sealed class DpoBatch
{
    private readonly int _pairs;
    private readonly int _padding;

    public DpoBatch(int pairs, int length, int padding)
    {
        (_pairs, _padding) = (pairs, padding);
        var rows = 2 * pairs * length;
        (Ids, Targets, Answers, Anchor) = (new long[rows], new long[rows], new float[rows], new float[rows]);
    }

    public long[] Ids { get; }

    public long[] Targets { get; }

    /// <summary>1 where the next token is the answer's, otherwise 0.</summary>
    public float[] Answers { get; }

    /// <summary>The share of each token of the chosen answers in the anchor: equal, 1 in all.</summary>
    public float[] Anchor { get; }

    /// <summary>Writes as many pairs as there are places or fewer.</summary>
    public void Fill(IReadOnlyList<TokenizedPair> pairs)
    {
        Array.Fill(Ids, _padding);
        Array.Fill(Targets, _padding);
        Array.Clear(Answers);
        Array.Clear(Anchor);
        var share = 1f / pairs.Sum(static pair => pair.Chosen.Length);
        for (var pair = 0; pair < pairs.Count; pair++)
        {
            Write(pair, pairs[pair].Prompt, pairs[pair].Chosen, share);
            Write(_pairs + pair, pairs[pair].Prompt, pairs[pair].Rejected, 0);
        }
    }

    /// <summary>log p of each answer under token-wise log-probabilities of this batch, [2 · pairs].</summary>
    public double[] Sums(float[] logProbabilities)
    {
        var sums = new double[2 * _pairs];
        for (var at = 0; at < logProbabilities.Length; at++)
        {
            sums[at % sums.Length] += Answers[at] * logProbabilities[at];
        }

        return sums;
    }

    private void Write(int row, int[] prompt, int[] answer, float share)
    {
        int[] sequence = [.. prompt, .. answer];
        for (var position = 0; position + 1 < sequence.Length; position++)
        {
            var at = (position * 2 * _pairs) + row;
            (Ids[at], Targets[at]) = (sequence[position], sequence[position + 1]);
            if (position + 1 >= prompt.Length)
            {
                (Answers[at], Anchor[at]) = (1, share);
            }
        }
    }
}
