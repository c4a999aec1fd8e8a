using GenAiLab.Experiments.Hallucination;

namespace GenAiLab.Experiments.Tests.SmallModels;

/// <summary>The facts that a model is to remember.</summary>
public sealed class PersonFactsTests
{
    private static readonly PersonFacts Words = new(1);

    [Fact]
    public void A_fact_is_seen_once_or_about_as_often_as_every_other()
    {
        var random = new Random(2);
        var facts = Words.Invent(100, 0.3, random);
        var text = Words.Text(facts, 2_000, random);
        var counts = facts.ToLookup(
            static fact => fact.SeenOnce,
            fact => text.Count(sentence => sentence.AsSpan(0, fact.Person.Length).SequenceEqual(fact.Person) && sentence[fact.Person.Length] == fact.City));

        Assert.Equal(2_000, text.Length);
        Assert.Equal(30, counts[true].Count());
        Assert.All(counts[true], static count => Assert.Equal(1, count));
        Assert.All(counts[false], static count => Assert.InRange(count, 28, 29));
    }

    [Fact]
    public void Every_sentence_has_the_length_that_fills_a_row_and_asks_about_one_person()
    {
        var facts = Words.Invent(400, 0.5, new Random(4));

        Assert.All(Words.Text(facts, 500, new Random(4)), static sentence => Assert.Equal(PersonFacts.SentenceLength, sentence.Length));
        Assert.Equal(400, facts.Select(static fact => string.Join(' ', fact.Person)).Distinct().Count());
        Assert.All(facts, static fact => Assert.True(Words.IsCity(fact.City)));
        Assert.DoesNotContain(facts[0].Person, Words.IsCity);
    }
}
