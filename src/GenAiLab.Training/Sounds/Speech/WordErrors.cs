namespace GenAiLab.Training.Sounds.Speech;

/// <summary>Word error rate: the fewest words to replace, add or leave out (Levenshtein 1966), for each word that was said.</summary>
public static class WordErrors
{
    /// <summary>Words to change until what was heard is what was said.</summary>
    public static int Count(string said, string heard)
    {
        var (left, right) = (said.Split(' '), heard.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var costs = Enumerable.Range(0, right.Length + 1).ToArray();
        foreach (var (row, word) in left.Index())
        {
            var diagonal = costs[0];
            costs[0] = row + 1;
            for (var column = 1; column <= right.Length; column++)
            {
                var replaced = diagonal + (word == right[column - 1] ? 0 : 1);
                diagonal = costs[column];
                costs[column] = Math.Min(replaced, 1 + Math.Min(diagonal, costs[column - 1]));
            }
        }

        return costs[^1];
    }

    /// <summary>Over many phrases.</summary>
    public static double Rate(IReadOnlyList<(string Said, string Heard)> phrases) =>
        phrases.Sum(static phrase => Count(phrase.Said, phrase.Heard)) / (double)phrases.Sum(static phrase => phrase.Said.Split(' ').Length);
}
