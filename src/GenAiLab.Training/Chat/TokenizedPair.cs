namespace GenAiLab.Training.Chat;

/// <summary>A ranked pair of answers as token ids.</summary>
/// <param name="Prompt">From the beginning of the sequence to where the assistant is to answer.</param>
/// <param name="Chosen">The better answer, its end included.</param>
/// <param name="Rejected">The worse one, its end included.</param>
public sealed record TokenizedPair(int[] Prompt, int[] Chosen, int[] Rejected)
{
    /// <summary>Tokens of the longer of the two conversations.</summary>
    public int Length => Prompt.Length + Math.Max(Chosen.Length, Rejected.Length);

    /// <summary>Encodes a pair.</summary>
    public static TokenizedPair From(ChatFormat format, PreferencePair pair) =>
        new(format.Prompt(pair.Prompt), format.Answer(pair.Chosen), format.Answer(pair.Rejected));
}
