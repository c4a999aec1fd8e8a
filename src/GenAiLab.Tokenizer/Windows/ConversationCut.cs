using GenAiLab.Tokenizer.ChatTemplates;

namespace GenAiLab.Tokenizer.Windows;

/// <summary>
/// Which turns of a conversation are left out for the rest to fit: the oldest, so that what is left begins with a
/// turn of the user, as templates demand; but not the instructions that stand first, and not the last turn.
/// </summary>
internal static class ConversationCut
{
    private const string User = "user";

    /// <param name="turns">Oldest first.</param>
    /// <param name="limit">How many tokens may stay.</param>
    /// <param name="count">Tokens of the conversation without the turns given.</param>
    /// <returns>Indices of the fewest turns that must go; null: even the last turn alone is too long.</returns>
    public static IReadOnlyList<int>? Find(IReadOnlyList<ChatTurn> turns, int limit, Func<IReadOnlyList<int>, int> count)
    {
        if (count([]) <= limit)
        {
            return [];
        }

        var first = turns.TakeWhile(static turn => turn.Role is "system" or "developer").Count();
        var starts = Enumerable.Range(first + 1, Math.Max(0, turns.Count - first - 1)).Where(at => turns[at].Role == User || at == turns.Count - 1).ToList();

        // Fewer turns are fewer tokens, so the first start that fits is found by halving.
        var (low, high) = (0, starts.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = count(Cut(middle)) <= limit ? (low, middle) : (middle + 1, high);
        }

        return low < starts.Count ? Cut(low) : null;

        int[] Cut(int start) => [.. Enumerable.Range(first, starts[start] - first)];
    }
}
