using System.Text;

namespace GenAiLab.Constraints.Tests;

public sealed class VocabularyTests
{
    [Fact]
    public void Special_tokens_and_those_without_bytes_are_never_allowed()
    {
        var vocabulary = new ConstraintVocabulary(
            [.. new[] { "a", "<|user|>", "", "b", "<|end|>", "a" }.Select(static piece => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(piece)))], [1], [4]);
        var constraint = Constraints.Compile(new ConstraintSource.Regex("[ab<]{1,2}"), vocabulary);
        Assert.Equal([0, 3, 5], RandomModel.Ids(constraint.Start.Allowed(10).Span));
        Assert.Equal([0, 3, 4, 5], RandomModel.Ids(constraint.Start.Advance(0).Allowed(10).Span));
        Assert.Throws<ArgumentException>(() => constraint.Start.Advance(1));
        Assert.Throws<ArgumentException>(() => constraint.Start.Advance(4));
        Assert.Throws<ArgumentException>(() => constraint.Start.Advance(6));
    }

    [Fact]
    public void A_token_behind_which_the_vocabulary_has_no_end_is_not_allowed()
    {
        // "ax" can begin, but its last letter is no token.
        var constraint = Constraints.Compile(new ConstraintSource.Choices(["axy", "bz"]), TestVocabulary.Of("a", "ax", "b", "z", "axy"));
        Assert.Equal([2, 4], RandomModel.Ids(constraint.Start.Allowed(10).Span));
    }

    [Fact]
    public void A_vocabulary_that_cannot_spell_any_text_is_refused() =>
        Assert.Contains("vocabulary", Assert.Throws<ConstraintException>(() => Constraints.Compile(new ConstraintSource.Choices(["yes"]), TestVocabulary.Of("y", "e"))).Message);

    [Fact]
    public void Text_ends_where_the_vocabulary_has_nothing_to_go_on_with()
    {
        var constraint = Constraints.Compile(new ConstraintSource.Choices(["a", "aq"]), TestVocabulary.Of("a", "b"));
        Assert.True(constraint.Start.Advance(0).MustEnd);
        Assert.Equal([2], RandomModel.Ids(constraint.Start.Advance(0).Allowed(10).Span));
    }

    [Fact]
    public void Masks_agree_with_walking_each_token()
    {
        foreach (var pattern in new[] { ".*", "[a-z ]{0,9}é?", "\\d+(\\.\\d+)?", "(?: the| a|\\n)+" })
        {
            var constraint = Constraints.Regex(pattern, TestVocabulary.Lab);
            var state = constraint.Start;
            var allowed = RandomModel.Ids(state.Allowed(1000).Span).ToHashSet();
            for (var id = 0; id < TestVocabulary.Lab.Size; id++)
            {
                Assert.True(allowed.Contains(id) == state.Allows(id), $"{pattern}: token {id}");
            }
        }
    }

    [Theory]
    [InlineData("""{"type":"string"}""", "\"ab")]
    [InlineData("""{"type":"string","maxLength":9}""", "\"ab")]
    [InlineData("""{"type":"string","minLength":4,"maxLength":6}""", "\"")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]}""", "{\"a\": \"x")]
    [InlineData("""{"type":"string","pattern":"^[^\\\\]*x$"}""", "\"a")]
    public void Masks_within_strings_agree_with_walking_each_token(string schema, string beginning)
    {
        var vocabulary = TestVocabulary.Lab;
        var state = Constraints.Schema(schema, vocabulary).After(beginning)!;
        foreach (var remaining in new[] { state.TokensToEnd, state.TokensToEnd + 1, state.TokensToEnd + 3, 1000 })
        {
            var expected = Enumerable.Range(0, vocabulary.Size)
                .Where(id => vocabulary.IsEndOfSequence(id) ? state.IsSatisfied : state.Allows(id) && state.Advance(id).TokensToEnd < remaining);
            Assert.Equal(expected, RandomModel.Ids(state.Allowed(remaining).Span));
        }
    }

    [Fact]
    public void What_is_forgotten_is_computed_again()
    {
        var constraint = Constraints.Compile(new ConstraintSource.Regex("(?:[a-f]{1,3} ){0,300}"), TestVocabulary.Lab, new ConstraintLimits { CacheBytes = 20_000 });
        var random = new Random(4);
        for (var round = 0; round < 3; round++)
        {
            var generation = RandomModel.Generate(constraint, 200, random);
            Assert.Matches("\\A(?:[a-f]{1,3} ){0,300}\\z", generation.ToString());
            Assert.True(constraint.Automaton.Count < 100);
        }
    }

    [Fact]
    public async Task Threads_share_a_constraint()
    {
        var constraint = Constraints.Compile(new ConstraintSource.Regex("(?:[a-f]{1,3} ){1,40}"), TestVocabulary.Lab, new ConstraintLimits { CacheBytes = 100_000 });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var round = 0; round < 20; round++)
            {
                Assert.Matches("\\A(?:[a-f]{1,3} ){1,40}\\z", RandomModel.Generate(constraint, 30, random).ToString());
            }
        })));
    }
}
