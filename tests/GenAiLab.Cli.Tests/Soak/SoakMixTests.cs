using GenAiLab.Cli.Soak;

namespace GenAiLab.Cli.Tests.Soak;

/// <summary>Which requests come.</summary>
public sealed class SoakMixTests
{
    [Fact]
    public void Only_kinds_whose_models_are_there_come()
    {
        var without = SoakMix.For(new HashSet<string> { "lab-base", "lab-topics" }).Select(static kind => kind.Name).ToList();

        Assert.Contains("generate, drawn", without);
        Assert.Contains("classify text", without);
        Assert.Contains("preferences, record", without);
        Assert.DoesNotContain("draw", without);
        Assert.DoesNotContain("compare", without);
        Assert.Contains("draw", SoakMix.For(new HashSet<string> { "lab-draw" }).Select(static kind => kind.Name));
    }

    [Fact]
    public void Every_kind_is_drawn_as_often_as_its_weight_says_and_exclusive_ones_by_the_first_client_alone()
    {
        List<SoakKind> kinds = [Kind("rare", 1), Kind("often", 3), Kind("alone", 1) with { IsExclusive = true }];
        var random = new Random(1);

        var first = Enumerable.Range(0, 5_000).Select(_ => SoakMix.Draw(kinds, isFirst: true, random).Name).CountBy(static name => name).ToDictionary();
        var other = Enumerable.Range(0, 4_000).Select(_ => SoakMix.Draw(kinds, isFirst: false, random).Name).CountBy(static name => name).ToDictionary();

        Assert.InRange(first["rare"], 900, 1_100);
        Assert.InRange(first["often"], 2_850, 3_150);
        Assert.InRange(first["alone"], 900, 1_100);
        Assert.InRange(other["rare"], 900, 1_100);
        Assert.False(other.ContainsKey("alone"));
    }

    private static SoakKind Kind(string name, int weight) => new(name, weight, static (_, _, _) => Task.FromResult(""));
}
