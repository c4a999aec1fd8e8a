using System.Text.RegularExpressions;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Tests.World;

/// <summary>What the data promises: enough of it, one answer to each prompt, nothing held out in training.</summary>
public sealed partial class LabWorldTests
{
    private static readonly LabWorld World = new(1);

    private static IEnumerable<FactProbe> AllProbes => World.SeenProbes.Concat(World.HeldOutProbes);

    [Fact]
    public void There_are_enough_facts_each_in_six_wordings()
    {
        var wordings = AllProbes.GroupBy(static probe => probe.Fact).ToDictionary(static fact => fact.Key, static fact => fact.Count());

        Assert.All(wordings, static fact => Assert.True(fact.Value >= 6, fact.Key));
        Assert.True(wordings.Keys.Count(static fact => fact.StartsWith("capital ", StringComparison.Ordinal)) >= 150);
        Assert.Equal(["animals", "arithmetic", "calendar", "chronicle", "colours", "geography", "opposites"], AllProbes.Select(static probe => probe.Topic).Distinct().Order());
    }

    [Fact]
    public void A_prompt_has_one_answer() =>
        Assert.All(AllProbes.GroupBy(static probe => probe.Prompt), static prompt => Assert.True(prompt.Select(static probe => probe.Answer).Distinct().Count() == 1, prompt.Key));

    [Fact]
    public void Five_percent_is_held_out_and_no_fact_is_untaught()
    {
        Assert.InRange(World.HeldOutProbes.Count / (double)AllProbes.Count(), 0.03, 0.06);
        var taught = World.SeenProbes.GroupBy(static probe => probe.Fact).ToDictionary(static fact => fact.Key, static fact => fact.Count());
        Assert.All(World.HeldOutProbes, probe => Assert.True(taught.GetValueOrDefault(probe.Fact) >= 3, probe.Fact));
    }

    [Fact]
    public void Training_text_holds_every_seen_sentence_and_no_held_out_one()
    {
        var text = string.Join('\n', World.TrainingDocuments().Take(60_000));

        // As documents or sentences of their own: "1 + 2 = 3." is also the end of "11 + 2 = 3.", which no one writes.
        var sentences = text.Split(['\n', '.', '?', '!', '"'], StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
        Assert.All(World.HeldOutProbes.Where(static probe => !probe.Text[..^1].Contains('?')), probe => Assert.DoesNotContain(probe.Text[..^1], sentences));
        Assert.All(World.SeenProbes.Where(static probe => !probe.Text[..^1].Contains('?') && !probe.Text[..^1].Contains('.')), probe => Assert.Contains(probe.Text[..^1], sentences));
        Assert.Contains("The capital of France is Paris", sentences);
    }

    [Fact]
    public void People_who_agree_say_the_same_in_other_words()
    {
        var facts = World.SeenProbes.ToLookup(static probe => probe.Text, static probe => probe.Fact);
        var agreements = World.TrainingDocuments().Take(5_000).SelectMany(static text => Agreement().Matches(text)).ToList();

        Assert.True(agreements.Count > 500, $"{agreements.Count}");
        Assert.All(agreements, agreement =>
        {
            var (said, agreed) = (agreement.Groups["said"].Value, agreement.Groups["agreed"].Value);
            Assert.NotEqual(said, agreed);
            Assert.NotEmpty(facts[said].Intersect(facts[agreed]));
        });
    }

    [Fact]
    public void A_seed_gives_the_same_text_and_another_seed_another()
    {
        var text = new LabWorld(1).TrainingDocuments().Take(200).ToList();

        Assert.Equal(text, World.TrainingDocuments().Take(200));
        Assert.NotEqual(text, new LabWorld(2).TrainingDocuments().Take(200));
    }

    [Fact]
    public void Held_out_topic_sentences_are_not_trained_on()
    {
        var (train, heldOut) = World.TopicExamples;

        Assert.Empty(train.Select(static example => example.Text).Intersect(heldOut.Select(static example => example.Text)));
        Assert.Equal(8, heldOut.Select(static example => example.Label).Distinct().Count());
        Assert.True(train.Count > 6_000 && heldOut.Count > 800, $"{train.Count}, {heldOut.Count}");
    }

    [Fact]
    public void Names_and_numbers_are_single_tokens()
    {
        var tokenizer = ByteLevelBpeTrainer.Train(World.TrainingDocuments().Take(30_000), 3_072);

        Assert.All([" Paris", " France", " London", " Tokyo", "The", " capital", .. Enumerable.Range(0, 21).Select(static number => $" {number}")],
            word => Assert.Single(tokenizer.EncodeIds(word)));
    }

    [GeneratedRegex("said: \"(?<said>[^\"]+)\"\n[A-Z][a-z]+ agreed: \"(?<agreed>[^\"]+)\"")]
    private static partial Regex Agreement();
}
