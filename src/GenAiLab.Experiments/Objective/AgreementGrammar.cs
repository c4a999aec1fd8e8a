namespace GenAiLab.Experiments.Objective;

/// <summary>
/// Sentences of an opener, two or more fillers and a closer that agrees with the opener nine times of ten, as a verb
/// agrees with a subject over the words between them. The closer is more than a trigram away from what decides it. Symbols
/// are letters: A to H open, a to h close, i to t fill.
/// </summary>
internal static class AgreementGrammar
{
    private const int Kinds = 8;
    private const int Fillers = 12;
    private const double Close = 0.3;
    private const double Agree = 0.9;

    /// <summary>The grammar with filler probabilities of a seed.</summary>
    /// <param name="seed">Decides which filler follows which how often.</param>
    /// <param name="symbol">The token id of a letter.</param>
    public static StochasticAutomaton Create(int seed, Func<char, int> symbol)
    {
        var random = new Random(seed);
        double[] openers = Distribution(Kinds), first = Distribution(Fillers);
        var rows = Enumerable.Range(0, Fillers).Select(_ => Distribution(Fillers)).ToArray();
        var states = new List<IReadOnlyList<Emission>> { Open() };
        for (var kind = 0; kind < Kinds; kind++)
        {
            states.Add(Fill(kind, first, later: false));
        }

        // After the first filler another must come; after any later one the sentence may close.
        for (var kind = 0; kind < Kinds; kind++)
        {
            for (var filler = 0; filler < Fillers; filler++)
            {
                states.Add(Fill(kind, rows[filler], later: true));
            }
        }

        for (var kind = 0; kind < Kinds; kind++)
        {
            for (var filler = 0; filler < Fillers; filler++)
            {
                states.Add([
                    .. Fill(kind, rows[filler], later: true).Select(static emission => emission with { Probability = (1 - Close) * emission.Probability }),
                    .. Closers(kind)]);
            }
        }

        return new StochasticAutomaton(states);

        IReadOnlyList<Emission> Open() => [.. openers.Select((probability, kind) => new Emission(symbol((char)('A' + kind)), probability, 1 + kind))];

        IReadOnlyList<Emission> Fill(int kind, double[] probabilities, bool later) => [.. probabilities.Select((probability, filler) =>
            new Emission(symbol((char)('i' + filler)), probability, 1 + Kinds + (later ? Kinds * Fillers : 0) + (kind * Fillers) + filler))];

        IEnumerable<Emission> Closers(int kind) => Enumerable.Range(0, Kinds).Select(other => new Emission(
            symbol((char)('a' + other)), Close * (other == kind ? Agree : (1 - Agree) / (Kinds - 1)), 0));

        // Uneven, as in text, and never 0.
        double[] Distribution(int size)
        {
            var weights = Enumerable.Range(0, size).Select(_ => 0.02 + Math.Pow(random.NextDouble(), 3)).ToArray();
            return [.. weights.Select(weight => weight / weights.Sum())];
        }
    }
}
