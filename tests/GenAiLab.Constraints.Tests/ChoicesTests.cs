using System.Text;

namespace GenAiLab.Constraints.Tests;

public sealed class ChoicesTests
{
    [Fact]
    public void Each_choice_is_reached_and_nothing_else()
    {
        string[] texts = ["yes", "yesterday", "no", "nö", "不", "not at all"];
        var constraint = Constraints.Compile(new ConstraintSource.Choices(texts), TestVocabulary.Lab);
        var random = new Random(1);
        var seen = new HashSet<string>();
        for (var round = 0; round < 300; round++)
        {
            var generation = RandomModel.Generate(constraint, 20, random);
            Assert.True(generation.Ended);
            seen.Add(generation.ToString());
        }

        Assert.Equal(texts.Order(), seen.Order());
    }

    [Fact]
    public void A_choice_that_begins_another_may_end_or_go_on()
    {
        var constraint = Constraints.Choices("yes", "yesterday");
        var yes = constraint.After("yes")!;
        Assert.True(yes.IsSatisfied);
        Assert.False(yes.MustEnd);
        Assert.Equal(['t', 256], RandomModel.Ids(yes.Allowed(100).Span));
        Assert.True(constraint.After("yesterday")!.MustEnd);
        Assert.Equal([256], RandomModel.Ids(constraint.After("yesterday")!.Allowed(100).Span));
        Assert.False(constraint.After("ye")!.IsSatisfied);
        Assert.Null(constraint.After("yex"));
    }

    [Fact]
    public void Where_tokens_run_out_only_what_still_ends_in_time_is_allowed()
    {
        var constraint = Constraints.Choices("ab", "acdefg", "bcdefghijk");
        Assert.Equal(['a', 'b'], RandomModel.Ids(constraint.Start.Allowed(10).Span));
        Assert.Equal(['a'], RandomModel.Ids(constraint.Start.Allowed(9).Span));
        Assert.Equal(['b', 'c'], RandomModel.Ids(constraint.After("a")!.Allowed(5).Span));
        Assert.Equal(['b'], RandomModel.Ids(constraint.After("a")!.Allowed(4).Span));

        // Nothing fits any more: it goes on as it may.
        Assert.Equal(['a', 'b'], RandomModel.Ids(constraint.Start.Allowed(1).Span));
    }

    [Theory]
    [InlineData("0 choices")]
    [InlineData("choice 1 has not 1 to 4,096 bytes", "a", "")]
    [InlineData("choice 2 is there twice", "a", "b", "a")]
    public void Bad_lists_are_refused(string reason, params string[] texts) =>
        Assert.Contains(reason, Constraints.Refusal(new ConstraintSource.Choices(texts)));

    [Fact]
    public void Too_many_and_too_long_choices_are_refused()
    {
        Assert.Contains("1 to 1,024", Constraints.Refusal(new ConstraintSource.Choices([.. Enumerable.Range(0, 1025).Select(static at => $"{at}")])));
        Assert.Contains("choice 0", Constraints.Refusal(new ConstraintSource.Choices([new string('x', 4097)])));
        Assert.Contains("at most 65,536", Constraints.Refusal(new ConstraintSource.Choices([.. Enumerable.Range(0, 17).Select(static at => $"{at:00}" + new string('x', 4000))])));
    }

    [Fact]
    public void Every_token_that_spells_a_beginning_is_allowed_and_no_other()
    {
        var constraint = Constraints.Compile(new ConstraintSource.Choices([" the capital", " the cat"]), TestVocabulary.Lab);
        var vocabulary = TestVocabulary.Lab;
        var expected = Enumerable.Range(0, vocabulary.Size)
            .Where(id => vocabulary.Piece(id) is { IsEmpty: false } piece && Encoding.UTF8.GetString(piece) is var text && (" the capital".StartsWith(text, StringComparison.Ordinal) || " the cat".StartsWith(text, StringComparison.Ordinal)));
        Assert.Equal(expected, RandomModel.Ids(constraint.Start.Allowed(100).Span));
    }
}
