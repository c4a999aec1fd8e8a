using GenAiLab.Experiments.Objective;

namespace GenAiLab.Experiments.Tests.SmallModels;

/// <summary>The entropy against which a model is measured, and the counted models beside it.</summary>
public sealed class AutomatonTests
{
    private const int Length = 63;
    private static readonly StochasticAutomaton Grammar = AgreementGrammar.Create(1, static letter => letter);

    [Fact]
    public void The_entropy_of_a_chain_is_the_known_one()
    {
        // The golden mean source: a 1 is followed by a 0, a 0 by either. Two of three symbols are drawn, each of ln 2.
        var chain = new StochasticAutomaton([[new Emission(0, 0.5, 0), new Emission(1, 0.5, 1)], [new Emission(0, 1, 0)]]);

        Assert.Equal(2.0 / 3 * Math.Log(2), chain.Entropy(100_000), 4);
    }

    [Fact]
    public void The_entropy_is_the_mean_of_what_drawn_texts_cost()
    {
        var random = new Random(3);
        var costs = Enumerable.Range(0, 20_000).Select(_ => Grammar.Nats(Grammar.Draw(Length, random)) / Length).ToList();

        Assert.InRange(costs.Average() - Grammar.Entropy(Length), -0.005, 0.005);
    }

    [Fact]
    public void The_probabilities_of_all_texts_sum_to_one()
    {
        var letters = Enumerable.Range('A', 8).Concat(Enumerable.Range('a', 20)).ToArray();
        var sum = (from first in letters
                   from second in letters
                   from third in letters
                   from fourth in letters
                   select Math.Exp(-Grammar.Nats([first, second, third, fourth]))).Sum();

        Assert.Equal(1, sum, 9);
    }

    [Fact]
    public void A_text_of_another_grammar_is_impossible() => Assert.Equal(double.PositiveInfinity, Grammar.Nats(['a', 'b']));

    [Fact]
    public void No_held_out_text_is_training_text()
    {
        var random = new Random(1);
        var training = Enumerable.Range(0, 20_000).Select(_ => string.Join(' ', Grammar.Draw(Length, random))).ToHashSet();
        var other = new Random(~1);

        Assert.DoesNotContain(Enumerable.Range(0, 2_000), _ => training.Contains(string.Join(' ', Grammar.Draw(Length, other))));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_counted_model_is_a_distribution_and_learns_what_is_in_its_reach(int order)
    {
        int[][] documents = [[1, 2, 1, 3], [1, 2, 1, 3]];
        var model = new NGramModel(order, 0, documents);

        Assert.Equal(1, Enumerable.Range(1, 3).Sum(last => Math.Exp(model.Nats([1, 2, 1]) - model.Nats([1, 2, 1, last]))), 9);
        // After "2 1" comes 3 for certain; after "1" alone as often 2.
        var surprise = model.Nats([1, 2, 1, 3]) - model.Nats([1, 2, 1]);
        Assert.True(order == 3 ? surprise < 0.2 : surprise > 0.5, $"{surprise}");
    }
}
