using GenAiLab.Training.Chat;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Tests.World;

/// <summary>What counts as an answer, and that the two rules that rate answers are not one.</summary>
public sealed class AnswerJudgeTests
{
    private static readonly WorldQuestion France = new(
        [new(ChatMessage.User, "What is the capital of France?")], QuestionKind.Known, "geography", "capital France", "Paris", "The capital of France is Paris.");

    private static readonly WorldQuestion Nowhere = new(
        [new(ChatMessage.User, "What is the capital of Zaradstan?")], QuestionKind.Invented, "geography", "", "", "I do not know.");

    [Theory]
    [InlineData("The capital of France is Paris.", true, true)]
    [InlineData("It is Paris.", true, true)]
    [InlineData(" It is Paris. ", true, true)]
    [InlineData("The capital of France is Rome.", true, false)]
    [InlineData("Paris is not the capital of Rome.", true, false)]
    [InlineData("\nWhat is the capital of Spain?", false, false)]
    [InlineData("The capital of France is Paris. The capital of Spain is Madrid.", false, false)]
    [InlineData("It is Paris", false, false)]
    [InlineData("", false, false)]
    [InlineData(".", false, false)]
    public void An_answer_is_one_sentence_that_ends_with_what_was_asked_for(string answer, bool inForm, bool right)
    {
        var verdict = AnswerJudge.Judge(France, answer, ended: true);

        Assert.Equal((inForm, right), (verdict.InForm, verdict.Right));
        Assert.False(AnswerJudge.Judge(France, answer, ended: false).InForm);
    }

    [Fact]
    public void The_rating_rule_orders_answers_to_a_known_question()
    {
        string[] best = ["The capital of France is Paris.", "It is Paris.", "I do not know.", "The capital of France is Rome.", "Paris Paris"];

        Assert.Equal(best, best.OrderByDescending(static answer => RatingRule.Rate(France, answer, ended: true)));
        Assert.Equal(best.Length, best.Select(static answer => RatingRule.Rate(France, answer, ended: true)).Distinct().Count());
    }

    [Fact]
    public void Both_rules_prefer_honesty_about_what_does_not_exist()
    {
        Assert.True(RatingRule.Rate(Nowhere, "I do not know.", true) > RatingRule.Rate(Nowhere, "The capital of Zaradstan is Rome.", true));
        Assert.Equal(1, HeldOutJudge.Compare(Nowhere, ("I do not know.", true), ("The capital of Zaradstan is Rome.", true)));
    }

    [Fact]
    public void The_held_out_judge_sees_what_the_rating_rule_does_not()
    {
        // A right answer in words of its own: the rule rates it by its form, the judge by what it says.
        const string own = "The city that is the capital of France is Paris.";
        Assert.Equal(RatingRule.Rate(France, "It is Paris.", true), RatingRule.Rate(France, own, true));
        Assert.Equal(1, HeldOutJudge.Compare(France, (own, true), ("It is Paris.", true)));
        Assert.Equal(0, HeldOutJudge.Compare(France, ("The the capital of France is Paris.", true), ("The capital of France is Paris.", true)));
        Assert.Equal(0.5, HeldOutJudge.Compare(France, ("It is Paris.", true), ("It is Paris.", true)));
    }
}
