using GenAiLab.Orchestrator.Speculation;

namespace GenAiLab.Orchestrator.Tests.Speculation;

public sealed class GuessBudgetTests
{
    [Fact]
    public void It_grows_while_all_is_kept_and_falls_to_what_was_kept()
    {
        var budget = new GuessBudget(8);
        Assert.Equal(8, budget.Next());

        budget.Learn(guessed: 8, kept: 2);
        Assert.Equal(3, budget.Next());

        budget.Learn(3, 3);
        Assert.Equal(6, budget.Next());

        budget.Learn(6, 6);
        Assert.Equal(8, budget.Next());
    }

    [Fact]
    public void Where_nothing_is_kept_it_tries_less_and_less_often_and_never_gives_up()
    {
        var budget = new GuessBudget(8);
        List<int> tries = [];
        for (var step = 0; step < 200; step++)
        {
            var next = budget.Next();
            tries.Add(next);
            budget.Learn(next, kept: 0);
        }

        Assert.Equal(8, tries[0]);
        Assert.All(tries.Skip(1), static next => Assert.InRange(next, 0, 1));
        int[] when = [.. tries.Index().Where(static step => step.Item > 0).Select(static step => step.Index)];
        Assert.Equal([0, 1, 3, 6, 11, 20, 37, 70, 103, 136, 169], when);

        while (budget.Next() == 0)
        {
            budget.Learn(0, 0);
        }

        budget.Learn(1, 1);
        Assert.Equal(2, budget.Next());
    }
}
