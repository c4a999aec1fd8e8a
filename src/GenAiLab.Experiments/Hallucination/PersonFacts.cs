using GenAiLab.Models.Tokenization;

namespace GenAiLab.Experiments.Hallucination;

/// <summary>A fact: a person lives in a city.</summary>
/// <param name="Person">Token ids that ask for the city: the sentence up to it.</param>
/// <param name="City">Token id of the right answer.</param>
/// <param name="SeenOnce">Whether training reads it once only.</param>
internal sealed record PersonFact(int[] Person, int City, bool SeenOnce);

/// <summary>
/// Invented people and the cities in which they live, "Tovi Karel lives in Zaron.": nothing in a name tells the city, so a
/// fact can be remembered and not inferred. First names, last names and cities are words that occur often; what is
/// rare is the fact.
/// </summary>
internal sealed class PersonFacts
{
    /// <summary>Tokens of each sentence.</summary>
    public const int SentenceLength = 6;

    private const int FirstNames = 20;
    private const int LastNames = 20;
    private const int Cities = 40;
    private readonly string[] _firstNames;
    private readonly string[] _lastNames;
    private readonly string[] _cities;
    private readonly HashSet<int> _cityIds;

    /// <summary>Invents the words and learns a vocabulary in which each is one token.</summary>
    public PersonFacts(int seed)
    {
        var random = new Random(seed);
        var words = new HashSet<string>(StringComparer.Ordinal) { "Lives" };
        (_firstNames, _lastNames, _cities) = (Invent(FirstNames), Invent(LastNames), Invent(Cities));
        var sentences =
            from person in Enumerable.Range(0, FirstNames * LastNames)
            select Sentence(_firstNames[person % FirstNames], _lastNames[person / FirstNames], _cities[person % Cities]);
        Vocabulary = ByteLevelBpeTrainer.Train(sentences, 2_048);
        _cityIds = [.. _cities.Select(City)];

        string[] Invent(int count) => [.. Enumerable.Range(0, count).Select(_ => Word())];

        string Word()
        {
            while (true)
            {
                var word = string.Concat(
                    Pick("BDFGKLMNPRSTVZ"), Pick("aeiou"), Pick("bdfgklmnprstvz"), Pick("aeiou"), Pick("bdfgklmnprstvz"));
                if (words.Add(word))
                {
                    return word;
                }
            }
        }

        char Pick(string letters) => letters[random.Next(letters.Length)];
    }

    /// <summary>The vocabulary of the sentences.</summary>
    public ByteLevelBpe Vocabulary { get; }

    /// <summary>Whether a token is the name of a city: an answer in the right form.</summary>
    public bool IsCity(int token) => _cityIds.Contains(token);

    /// <summary>Invents facts about different people.</summary>
    /// <param name="count">How many; at most 400.</param>
    /// <param name="shareSeenOnce">The share of them that is seen once only, in [0, 1].</param>
    /// <param name="random">Decides people, cities, and which facts are seen once.</param>
    public IReadOnlyList<PersonFact> Invent(int count, double shareSeenOnce, Random random)
    {
        var people = Enumerable.Range(0, FirstNames * LastNames).ToArray();
        random.Shuffle(people);
        var once = (int)Math.Round(count * shareSeenOnce);
        var seenOnce = Enumerable.Range(0, count).Select(at => at < once).ToArray();
        random.Shuffle(seenOnce);
        return [.. people.Take(count).Zip(seenOnce, (person, rare) =>
        {
            var city = _cities[random.Next(Cities)];
            var sentence = Vocabulary.EncodeIds(Sentence(_firstNames[person % FirstNames], _lastNames[person / FirstNames], city));
            return new PersonFact(sentence[..^2], City(city), rare);
        })];
    }

    /// <summary>
    /// Training text: each fact that is seen once, once; the others in turn for the rest; all of it shuffled.
    /// </summary>
    /// <param name="facts">At least one of them is seen often.</param>
    /// <param name="sentences">How many sentences in all.</param>
    /// <param name="random">Decides the order.</param>
    public int[][] Text(IReadOnlyList<PersonFact> facts, int sentences, Random random)
    {
        var often = facts.Where(static fact => !fact.SeenOnce).ToArray();
        var once = facts.Where(static fact => fact.SeenOnce).ToArray();
        var stop = Vocabulary.EncodeIds(".")[0];
        var text = once.Concat(Enumerable.Range(0, sentences - once.Length).Select(at => often[at % often.Length]))
            .Select(fact => (int[])[.. fact.Person, fact.City, stop]).ToArray();
        random.Shuffle(text);
        return text;
    }

    private static string Sentence(string firstName, string lastName, string city) => $"{firstName} {lastName} lives in {city}.";

    private int City(string city) => Vocabulary.EncodeIds($" {city}")[0];
}
