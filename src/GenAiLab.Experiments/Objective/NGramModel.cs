namespace GenAiLab.Experiments.Objective;

/// <summary>
/// What is known of the next token when only the n − 1 before it are looked at: counts with add-k smoothing (Jurafsky
/// &amp; Martin, Speech and Language Processing, ch. 3). The separator stands in front of each document.
/// </summary>
internal sealed class NGramModel
{
    private const double AddedCount = 0.1;
    private readonly int _order;
    private readonly int _separator;
    private readonly int _symbols;
    private readonly Dictionary<(long Context, int Token), int> _counts = [];
    private readonly Dictionary<long, int> _contexts = [];

    /// <summary>Counts.</summary>
    /// <param name="order">2 for bigrams, 3 for trigrams.</param>
    /// <param name="separator">The id in front of each document.</param>
    /// <param name="documents">Ids below 65,536.</param>
    public NGramModel(int order, int separator, IEnumerable<int[]> documents)
    {
        (_order, _separator) = (order, separator);
        var seen = new HashSet<int>();
        foreach (var document in documents)
        {
            for (var at = 0; at < document.Length; at++)
            {
                var context = Context(document, at);
                _counts[(context, document[at])] = _counts.GetValueOrDefault((context, document[at])) + 1;
                _contexts[context] = _contexts.GetValueOrDefault(context) + 1;
                seen.Add(document[at]);
            }
        }

        _symbols = seen.Count;
    }

    /// <summary>−log p of a document, in nats.</summary>
    public double Nats(int[] document)
    {
        double nats = 0;
        for (var at = 0; at < document.Length; at++)
        {
            var context = Context(document, at);
            nats -= Math.Log(
                (_counts.GetValueOrDefault((context, document[at])) + AddedCount)
                / (_contexts.GetValueOrDefault(context) + (AddedCount * _symbols)));
        }

        return nats;
    }

    private long Context(int[] document, int at)
    {
        long context = 0;
        for (var back = _order - 1; back > 0; back--)
        {
            context = (context << 16) | (uint)(at >= back ? document[at - back] : _separator);
        }

        return context;
    }
}
