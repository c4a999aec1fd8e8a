using GenAiLab.Training.World;

namespace GenAiLab.Training.Tests.World;

/// <summary>What a guard learns from, and what is kept to measure it.</summary>
public sealed class GuardTextsTests
{
    private static readonly LabWorld World = new(1);
    private static readonly GuardTexts Texts = new(World, 1);

    [Fact]
    public void Every_kind_is_there_and_harm_is_neither_rare_nor_the_rule()
    {
        var texts = Texts.Write(kept: false).Take(5_000).ToList();

        Assert.Equal(Enum.GetValues<GuardTextKind>(), texts.Select(static text => text.Kind).Distinct().Order());
        Assert.InRange(texts.Count(static text => text.IsHarmful) / (double)texts.Count, 0.35, 0.6);
    }

    [Fact]
    public void Kept_wordings_and_the_requests_of_the_experiments_never_come_up_in_training()
    {
        var training = Texts.Write(kept: false).Take(20_000).Select(static text => text.Text).ToHashSet(StringComparer.Ordinal);

        foreach (var kind in (GuardTextKind[])[GuardTextKind.HarmfulRequest, GuardTextKind.HarmfulAnswer, GuardTextKind.UsefulRequest, GuardTextKind.LookAlikeRequest])
        {
            var kept = Texts.Kept(kind, 500);
            Assert.Equal(500, kept.Count);
            Assert.DoesNotContain(kept, text => training.Contains(text.Text));
        }

        var asked = World.Questions.Kept(QuestionKind.Harmful, 300, 1).Concat(World.Questions.Kept(QuestionKind.HowTo, 300, 1));
        Assert.DoesNotContain(asked, question => training.Contains(question.Text));
    }

    [Fact]
    public void A_seed_gives_the_same_texts_and_another_seed_others()
    {
        var texts = Texts.Write(kept: false).Take(100).ToList();

        Assert.Equal(texts, new GuardTexts(World, 1).Write(kept: false).Take(100));
        Assert.NotEqual(texts, new GuardTexts(World, 2).Write(kept: false).Take(100));
    }
}
