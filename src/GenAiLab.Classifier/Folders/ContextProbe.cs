using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// How many tokens a text classifier takes. max_position_embeddings is the size of its table of positions; RoBERTa and
/// its relatives begin to count behind the padding's id, so that the first pad_token_id + 1 places are never used: 514
/// of them are 512 tokens. Nothing in a folder says which it is, so the graph is asked.
/// </summary>
internal static class ContextProbe
{
    // Beyond this a run over the whole length takes seconds and, by the square of it, gigabytes.
    private const int LongestTried = 1024;

    /// <param name="positions">The most that it can be.</param>
    /// <param name="padTokenId">Of the vocabulary.</param>
    /// <param name="run">Runs the graph on so many tokens.</param>
    /// <exception cref="ModelFolderException">The graph takes neither length.</exception>
    public static int Find(int positions, int padTokenId, Action<int> run)
    {
        var fewer = positions - padTokenId - 1;
        if (positions > LongestTried)
        {
            run(LongestTried);
            // Tables have round sizes: 4,098 places with one for the padding are Longformer's 4,096 tokens.
            return positions % 64 != 0 && fewer > LongestTried && fewer % 64 == 0 ? fewer : positions;
        }

        try
        {
            run(positions);
            return positions;
        }
        catch (ModelFolderException) when (fewer >= 1)
        {
            run(fewer);
            return fewer;
        }
    }
}
