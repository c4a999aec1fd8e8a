using GenAiLab.Experiments.Scale;

namespace GenAiLab.Experiments.Tests.SmallModels;

/// <summary>Loss falls along both axes, and does not where a model was not trained.</summary>
public sealed class ScaleTests(HealthyLab healthy)
{
    [Fact]
    public async Task It_passes_on_a_lab_in_order() => await Verdicts.PassesAsync(new ScaleExperiment(), healthy.Lab);

    [Fact]
    public async Task It_fails_when_the_largest_model_is_not_trained() => await Verdicts.FailsAsync(
        new ScaleExperiment
        {
            Plan = static model => model.Name == ScaleGrid.Create(quick: true).Cells[^1].Name
                ? model with { Options = model.Options with { LearningRate = 1e-9f } }
                : model,
        },
        healthy.Lab, "loss of");

    [Fact]
    public void The_full_grid_has_twelve_pairs_of_neighbours()
    {
        var pairs = ScaleGrid.Create(quick: false).Neighbours.ToList();

        Assert.Equal(12, pairs.Distinct().Count());
        Assert.All(pairs, static pair => Assert.True(
            pair.Less.Tokens < pair.More.Tokens ? pair.Less.Size == pair.More.Size : pair.Less.Tokens == pair.More.Tokens && pair.Less.Size.Width < pair.More.Size.Width));
    }
}
