using System.Text;

namespace GenAiLab.Constraints.Tests;

/// <summary>What a generation came to.</summary>
/// <param name="Text">Its bytes.</param>
/// <param name="Tokens">How many tokens.</param>
/// <param name="IsSatisfied">Whether the text satisfies the constraint.</param>
/// <param name="Ended">Whether it ended by itself.</param>
internal sealed record Generation(byte[] Text, int Tokens, bool IsSatisfied, bool Ended)
{
    public override string ToString() => Encoding.UTF8.GetString(Text);
}

/// <summary>
/// The hardest model for a constraint: one with random weights at temperature 2. Logits are normal deviates, so
/// each allowed token is drawn with a probability of its own, and nothing speaks for an end.
/// </summary>
internal static class RandomModel
{
    private static readonly double[] Weights = MakeWeights();

    public static Generation Generate(TokenConstraint constraint, int maxTokens, Random random, Action<ConstraintState>? watch = null)
    {
        var state = constraint.Start;
        var text = new List<byte>();
        for (var tokens = 0; tokens < maxTokens; tokens++)
        {
            watch?.Invoke(state);
            if (state.MustEnd)
            {
                return new Generation([.. text], tokens, state.IsSatisfied, Ended: true);
            }

            var token = Draw(state.Allowed(maxTokens - tokens).Span, random);
            if (constraint.Vocabulary.IsEndOfSequence(token))
            {
                Assert.True(state.IsSatisfied);
                return new Generation([.. text], tokens, state.IsSatisfied, Ended: true);
            }

            text.AddRange(constraint.Vocabulary.Piece(token));
            state = state.Advance(token);
        }

        return new Generation([.. text], maxTokens, state.IsSatisfied, Ended: false);
    }

    /// <summary>Ids that a mask allows.</summary>
    public static List<int> Ids(ReadOnlySpan<byte> mask)
    {
        var ids = new List<int>();
        for (var at = 0; at < mask.Length; at++)
        {
            for (int rest = mask[at]; rest != 0; rest &= rest - 1)
            {
                ids.Add((at * 8) + int.TrailingZeroCount(rest));
            }
        }

        return ids;
    }

    // Softmax of normal logits at temperature 2; which token has which logit is drawn anew at each step.
    private static int Draw(ReadOnlySpan<byte> mask, Random random)
    {
        var ids = Ids(mask);
        Assert.NotEmpty(ids);
        var total = 0.0;
        var shift = random.Next(Weights.Length);
        foreach (var id in ids)
        {
            total += Weights[(id + shift) % Weights.Length];
        }

        var left = random.NextDouble() * total;
        foreach (var id in ids)
        {
            left -= Weights[(id + shift) % Weights.Length];
            if (left <= 0)
            {
                return id;
            }
        }

        return ids[^1];
    }

    private static double[] MakeWeights()
    {
        var random = new Random(5);
        var weights = new double[8191];
        for (var at = 0; at < weights.Length; at++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            weights[at] = Math.Exp(normal / 2);
        }

        return weights;
    }
}
