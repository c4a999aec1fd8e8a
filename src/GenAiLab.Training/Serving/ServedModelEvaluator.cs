namespace GenAiLab.Training.Serving;

/// <summary>A question whose right answer is known: the model is to continue the prompt with the answer.</summary>
/// <param name="Prompt">Token ids, separator in front.</param>
/// <param name="Answer">Token ids that must follow; at least one.</param>
public sealed record TokenProbe(int[] Prompt, int[] Answer);

/// <summary>Greedy accuracy and probabilities of a served model on probes.</summary>
public static class ServedModelEvaluator
{
    private const int BatchSize = 64;

    /// <summary>
    /// The share of probes that greedy decoding answers right. Decided by one pass over prompt and answer: an
    /// answer is right when each of its tokens is the most probable one at its place.
    /// </summary>
    public static double GreedyAccuracy(ServedDecoder model, IEnumerable<TokenProbe> probes)
    {
        var (right, all) = (0, 0);
        foreach (var batch in probes.GroupBy(static probe => probe.Prompt.Length + probe.Answer.Length).SelectMany(static group => group.Chunk(BatchSize)))
        {
            var logits = model.Logits([.. batch.Select(static probe => (int[])[.. probe.Prompt, .. probe.Answer])]);
            var length = batch[0].Prompt.Length + batch[0].Answer.Length;
            for (var row = 0; row < batch.Length; row++)
            {
                all++;
                right += IsGreedy(logits, row * length, batch[row], model.VocabularySize) ? 1 : 0;
            }
        }

        return all == 0 ? double.NaN : (double)right / all;
    }

    /// <summary>p(token | prompt), in [0, 1].</summary>
    public static double Probability(ServedDecoder model, int[] prompt, int token)
    {
        var logits = model.Logits([prompt]).AsSpan((prompt.Length - 1) * model.VocabularySize, model.VocabularySize);
        return Math.Exp(LogProbability(logits, token));
    }

    /// <summary>
    /// How often a draft's most probable token is the model's own: at every place of the sequences, after what stands before it.
    /// </summary>
    /// <param name="model">The model that is drafted for.</param>
    /// <param name="draft">The draft; the same vocabulary.</param>
    /// <param name="sequences">Token ids.</param>
    public static Agreement Agreement(ServedDecoder model, ServedDecoder draft, IEnumerable<int[]> sequences)
    {
        var (greedy, all, sampled, loss) = (0, 0, 0.0, 0.0);
        foreach (var batch in sequences.GroupBy(static sequence => sequence.Length).SelectMany(static group => group.Chunk(BatchSize)))
        {
            var (wanted, guessed) = (model.Logits(batch), draft.Logits(batch));
            for (var row = 0; row < batch.Length; row++)
            {
                // The last token has no successor to be compared with.
                for (var at = 0; at + 1 < batch[row].Length; at++)
                {
                    var place = ((row * batch[row].Length) + at) * model.VocabularySize;
                    var right = wanted.AsSpan(place, model.VocabularySize);
                    var guess = guessed.AsSpan(place, model.VocabularySize);
                    var token = MostProbable(guess);
                    all++;
                    greedy += MostProbable(right) == token ? 1 : 0;
                    sampled += Math.Exp(LogProbability(right, token));
                    loss -= LogProbability(guess, batch[row][at + 1]);
                }
            }
        }

        return new Agreement(greedy / (double)all, sampled / all, loss / all, all);
    }

    private static double LogProbability(ReadOnlySpan<float> logits, int token)
    {
        var (greatest, sum) = (logits[MostProbable(logits)], 0.0);
        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - greatest);
        }

        return logits[token] - greatest - Math.Log(sum);
    }

    private static bool IsGreedy(float[] logits, int firstRow, TokenProbe probe, int vocabulary)
    {
        for (var at = 0; at < probe.Answer.Length; at++)
        {
            var row = logits.AsSpan((firstRow + probe.Prompt.Length - 1 + at) * vocabulary, vocabulary);
            if (MostProbable(row) != probe.Answer[at])
            {
                return false;
            }
        }

        return true;
    }

    // Not TensorPrimitives.IndexOfMax: it keeps indices in float lanes, where they are denormal, and a training session
    // in the same process (session.set_denormal_as_zero) leaves the thread in a mode that reads those as 0.
    private static int MostProbable(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var id = 1; id < logits.Length; id++)
        {
            if (logits[id] > logits[best])
            {
                best = id;
            }
        }

        return best;
    }
}
