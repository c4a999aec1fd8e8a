using System.Text;
using System.Text.RegularExpressions;

namespace GenAiLab.Constraints.Tests;

public sealed class RegexTests
{
    private static readonly string[] Patterns =
    [
        "", "a", "abc", "a|b|cd", "(a|b)*c", "a*b+c?", "a{2}", "a{2,}", "a{2,4}b{0,2}", "(?:ab){1,3}", "(?<name>ab|ba)+", "[abc]", "[^abc]", "[a-c]{2}", "[a\\-c]+",
        "\\d+", "[\\d_]+a", "a.c", ".*b", "(a|ab)(c|bcd)(d*)", "(a*)*b", "(a|aa)+", "a??b", "a+?b*?", "^abc$", "^(?:a|b)$", "(^a|^b)c$", "x{0}", "(|a)b", "\\x61b", "\\u0061\\u{62}",
        "[\\]a]", "a\\.b", "a{b", "é+", "[α-ω]", "(a(b(c)?)?)?", "\\cA?a", "[b-d-]", "a$",
    ];

    [Fact]
    public void It_accepts_what_dotnet_accepts_and_keeps_prefixes()
    {
        var random = new Random(1);
        var (accepted, rejected) = (0, 0);
        foreach (var pattern in Patterns)
        {
            var constraint = Constraints.Regex(pattern);
            var expected = new Regex($"\\A(?:{pattern.Replace("\\u{62}", "b", StringComparison.Ordinal)})\\z", RegexOptions.CultureInvariant);
            for (var round = 0; round < 400; round++)
            {
                var text = RandomText(random, "abcd", "abc19_-.]{αωé\x01", random.Next(7));
                var matches = expected.IsMatch(text);
                Assert.True(matches == constraint.Accepts(text), $"{pattern} on '{text}': {matches} expected");
                (accepted, rejected) = matches ? (accepted + 1, rejected) : (accepted, rejected + 1);
                for (var length = 0; matches && length < text.Length; length++)
                {
                    Assert.NotNull(constraint.After(text[..length]));
                }
            }
        }

        Assert.True(accepted > 500 && rejected > 5000, $"{accepted} accepted, {rejected} rejected");
    }

    [Fact]
    public void What_random_choices_generate_matches()
    {
        var random = new Random(2);
        foreach (var pattern in Patterns)
        {
            var constraint = Constraints.Regex(pattern, TestVocabulary.Lab);
            var expected = new Regex($"\\A(?:{pattern.Replace("\\u{62}", "b", StringComparison.Ordinal)})\\z", RegexOptions.CultureInvariant);
            for (var round = 0; round < 5; round++)
            {
                var generation = RandomModel.Generate(constraint, 24, random);
                Assert.True(generation.IsSatisfied, $"{pattern}: {generation}");
                // To .NET what lies beyond the basic plane is two characters.
                var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(generation.Text);
                Assert.Matches(expected, Regex.Replace(text, "[\uD800-\uDBFF][\uDC00-\uDFFF]", "\u4E00"));
            }
        }
    }

    [Theory]
    [InlineData("(ab)(?:(?:x|y)z){2,3}", "abxzyz", true)]
    [InlineData("\\s", "\u00A0", false)]
    [InlineData("\\w", "é", false)]
    [InlineData("\\D", "٣", true)]
    [InlineData("^.$", "😀", true)]
    [InlineData("^..$", "😀", false)]
    [InlineData(".", "\n", false)]
    [InlineData(".", "\r", false)]
    [InlineData(".", "\u2028", false)]
    [InlineData("[^a]", "\n", true)]
    [InlineData("[😀-😂]", "😁", true)]
    [InlineData("\\uD83D\\uDE00", "😀", true)]
    [InlineData("\\u{1F600}{2}", "😀😀", true)]
    [InlineData("\\b?", "", null)]
    public void Characters_are_code_points(string pattern, string text, bool? accepted)
    {
        if (accepted is { } expected)
        {
            Assert.Equal(expected, Constraints.Regex(pattern).Accepts(text));
        }
        else
        {
            Assert.Contains("\\b", Constraints.Refusal(new ConstraintSource.Regex(pattern)));
        }
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_never_allowed()
    {
        var constraint = Constraints.Regex(".*");
        Assert.Null(constraint.After([0x80]));
        Assert.Null(constraint.After([0xC0]));
        Assert.Null(constraint.After([0xED, 0xA0]));
        Assert.Null(constraint.After([0xF4, 0x90]));
        Assert.Null(constraint.After([0xC3, 0x41]));
        Assert.False(constraint.After([0xC3])!.IsSatisfied);
    }

    [Theory]
    [InlineData("a(?=b)", 1, "look-around")]
    [InlineData("a(?<!b)", 1, "look-around")]
    [InlineData("(a)\\1", 3, "back-references")]
    [InlineData("(?<n>a)\\k<n>", 7, "back-references")]
    [InlineData("(?i)a", 0, "flags")]
    [InlineData("\\bfoo", 0, "\\b")]
    [InlineData("\\p{L}", 0, "Unicode properties")]
    [InlineData("ab^c", 2, "anchors")]
    [InlineData("a$b", 1, "anchors")]
    [InlineData("(^a)*", 1, "anchors")]
    [InlineData("(a", 0, "not closed")]
    [InlineData("a)", 1, "closes no group")]
    [InlineData("[a", 0, "not closed")]
    [InlineData("[]", 1, "empty")]
    [InlineData("[z-a]", 1, "range")]
    [InlineData("[\\d-z]", 1, "range")]
    [InlineData("[a-z-[b]]", 4, "subtracted")]
    [InlineData("*a", 0, "nothing to repeat")]
    [InlineData("a**", 2, "quantifier")]
    [InlineData("a{3,2}", 0, "out of order")]
    [InlineData("a{1000000}", 2, "at most 100,000")]
    [InlineData("a\\", 1, "nothing follows")]
    [InlineData("\\q", 0, "\\q")]
    [InlineData("\\u12", 0, "4 hexadecimal digits")]
    [InlineData("\\uD800", 0, "surrogate")]
    [InlineData("\\u{110000}", 0, "no character")]
    public void What_is_not_supported_is_refused_by_name_and_place(string pattern, int position, string reason)
    {
        var message = Constraints.Refusal(new ConstraintSource.Regex(pattern));
        Assert.Contains($"position {position}:", message);
        Assert.Contains(reason, message);
    }

    [Theory]
    [InlineData("(a{1000}){1000}")]
    [InlineData("((((){1000}){1000}){1000}){1000}")]
    [InlineData("(a|b)*a(a|b){20}")]
    [InlineData("(.*a){20}(.|a){1000}.*b.{500}")]
    [InlineData("(.{0,300}){0,300}")]
    [InlineData("((a?){500}){500}")]
    public void What_explodes_is_refused_in_bounded_time(string pattern)
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        Assert.NotEmpty(Constraints.Refusal(new ConstraintSource.Regex(pattern), new ConstraintLimits()));
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(20), $"{pattern} took {started.Elapsed}");
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused() =>
        Assert.Contains("position 1: half of a surrogate pair", Constraints.Refusal(new ConstraintSource.Regex("a\uD800")));

    [Fact]
    public void Deep_groups_are_refused() =>
        Assert.Contains("100 levels", Constraints.Refusal(new ConstraintSource.Regex(new string('(', 30_000))));

    [Fact]
    public void An_expression_that_matches_nothing_is_refused() =>
        Assert.Contains("matches no text", Constraints.Refusal(new ConstraintSource.Regex("a[^\\s\\S]")));

    [Fact]
    public void Random_expressions_are_compiled_or_refused()
    {
        var random = new Random(3);
        const string letters = "ab(|)*+?{}[]^$.\\d\\w,-1290:<>=!\u00e9";
        for (var round = 0; round < 3000; round++)
        {
            var pattern = RandomText(random, letters, letters, random.Next(12));
            try
            {
                Constraints.Regex(pattern);
            }
            catch (ConstraintException)
            {
            }
        }
    }

    private static string RandomText(Random random, string often, string seldom, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(4) > 0 ? often[random.Next(often.Length)] : seldom[random.Next(seldom.Length)]));
}
