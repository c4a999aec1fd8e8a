using System.Text.RegularExpressions;
using GenAiLab.Training.Chat;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Tests.World;

/// <summary>What the experiments ask is in no training data of any stage.</summary>
public sealed partial class WorldQuestionsTests
{
    private static readonly LabWorld World = new(1);
    private static readonly Lazy<string> RawText = new(static () => string.Join('\n', World.TrainingDocuments().Take(60_000)));
    private static readonly Lazy<HashSet<string>> SftTurns = new(static () =>
        [.. new SftWriter(World).Write(1).Take(20_000).SelectMany(static conversation => conversation.Messages).Select(static message => message.Content)]);

    [Fact]
    public void Questions_kept_for_the_experiments_are_asked_nowhere_in_training()
    {
        var lines = RawText.Value.Split(['\n', '"']).Select(static line => Number().Replace(line, "")).ToHashSet(StringComparer.Ordinal);
        var kept = World.Questions.KeptKnown(1);

        Assert.True(kept.Count > 3_000, $"{kept.Count}");
        Assert.All(kept, question =>
        {
            Assert.DoesNotContain(question.Text, lines);
            Assert.DoesNotContain(question.Text, SftTurns.Value);
        });
    }

    [Fact]
    public void About_half_of_the_entities_training_asks_everything_or_nothing()
    {
        var kept = World.Questions.KeptKnown(1).Select(static question => question.Fact).ToHashSet(StringComparer.Ordinal);
        var entities = AskableFact.All.GroupBy(static fact => fact.Entity).ToList();

        Assert.All(entities, entity => Assert.True(entity.All(fact => kept.Contains(fact.Fact)) || !entity.Any(fact => kept.Contains(fact.Fact)), entity.Key));
        Assert.InRange(entities.Count(entity => kept.Contains(entity.First().Fact)) / (double)entities.Count, 0.45, 0.55);
        // The two directions of an opposite are one entity, and so are an animal and its colour.
        Assert.Equal(2, entities.Single(static entity => entity.Key == "hot").Count());
        Assert.Contains(entities.Single(static entity => entity.Key == "frog"), static fact => fact.Topic == "colours");
    }

    [Fact]
    public void Nothing_that_happened_after_the_cutoff_is_told()
    {
        var later = Later();
        Assert.DoesNotMatch(later, RawText.Value);
        Assert.DoesNotMatch(later, string.Join('\n', SftTurns.Value));
        Assert.Matches(later, WorldQuestions.AfterCutoff(everyWording: false)[0].Best);
        Assert.All(
            Chronicle.Events.Where(static entry => entry.Year > Chronicle.CutoffYear).Select(static entry => entry.Contest).Except(Chronicle.ContestNames),
            contest => Assert.False(RawText.Value.Contains(contest, StringComparison.Ordinal) || SftTurns.Value.Any(turn => turn.Contains(contest, StringComparison.Ordinal)), contest));
    }

    [Fact]
    public void Names_of_invented_things_that_are_kept_occur_in_no_training_text()
    {
        var words = Word().Matches(RawText.Value + string.Join('\n', SftTurns.Value)).Select(static match => match.Value.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal);
        foreach (var kind in new[] { QuestionKind.Invented, QuestionKind.Told })
        {
            Assert.All(World.Questions.Kept(kind, 300, 7).Where(static question => question.Topic is "geography" or "opposites" or "colours"), question =>
                Assert.Contains(Word().Matches(question.Text), match => !words.Contains(match.Value.ToLowerInvariant())));
        }
    }

    [Theory]
    [InlineData(QuestionKind.Harmful)]
    [InlineData(QuestionKind.HowTo)]
    [InlineData(QuestionKind.Told)]
    public void Requests_kept_for_the_experiments_are_not_trained_on(QuestionKind kind)
    {
        var trained = new SftWriter(World).Write(1).Take(20_000)
            .Select(static conversation => string.Join('\n', conversation.Messages.SkipLast(1).Select(static message => message.Content))).ToHashSet(StringComparer.Ordinal);

        Assert.All(World.Questions.Kept(kind, 400, 3), question => Assert.DoesNotContain(string.Join('\n', question.Messages.Select(static message => message.Content)), trained));
    }

    [Fact]
    public void Examples_of_fine_tuning_are_conversations_in_turn_most_of_them_right_and_few_careful()
    {
        var conversations = new SftWriter(World).Write(1).Take(10_000).ToList();

        Assert.All(conversations, static conversation => Assert.All(conversation.Messages.Index(), static turn =>
            Assert.Equal(turn.Index % 2 == 0 ? ChatMessage.User : ChatMessage.Assistant, turn.Item.Role)));
        var refusals = conversations.Count(static conversation => conversation.Messages[^1].Content.Contains("not help", StringComparison.Ordinal));
        Assert.InRange(refusals, 50, 200);
        Assert.Equal(conversations.Take(100), new SftWriter(World).Write(1).Take(100), static (one, other) => one.Messages.SequenceEqual(other.Messages));
    }

    // A contest and a year after the cutoff in one line.
    [GeneratedRegex("(Cup|Race|Prize|Games|Contest|Climb|Festival|Run|March)[^\n.]{0,30}20(2[5-9]|30)|20(2[5-9]|30)[^\n.]{0,60}(Cup|Race|Prize|Games|Contest|Climb|Festival|Run|March) was won")]
    private static partial Regex Later();

    [GeneratedRegex(@"^\d+\. ")]
    private static partial Regex Number();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
