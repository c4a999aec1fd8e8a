using GenAiLab.Models.Tests.Parity;
using GenAiLab.Models.Tokenization.Patterns;
using GenAiLab.Models.Tokenization.Unicode;

namespace GenAiLab.Models.Tests.Tokenization;

/// <summary>The patterns that are written by hand find what their regular expressions find.</summary>
public sealed class WordPatternTests
{
    /// <summary>Each expression that has a pattern of its own.</summary>
    public static TheoryData<string> Expressions => [Gpt2Words.Expression, Cl100kWords.Expression, Cl100kWords.SingleDigitsExpression, O200kWords.Expression];

    [Theory]
    [MemberData(nameof(Expressions))]
    public void By_hand_is_as_by_expression(string expression)
    {
        var (byHand, byExpression) = (KnownPatterns.Find(expression), RegexPattern.Parse(expression));
        Assert.IsAssignableFrom<WordPattern>(byHand);
        var random = new Random(3);
        string[] parts = ["a", "B", "ǅ", "ʰ", "中", "\u0301", "1", "½", " ", "\n", "\r", "\t", "\u00A0", "'", "'S", "'ll", "'RE", "'ſ", "/", ".", "🙂", "𝐀", "𝒶", "𠮷", "𝟏", "\U0001E8D0", "_", "ª"];
        var texts = ParityCorpus.Generate(["<s>"], ["the"], 3_000, seed: 4).Select(static text => text.Text)
            .Concat(Enumerable.Range(0, 6_000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => parts[random.Next(parts.Length)]))));
        foreach (var text in texts)
        {
            var whole = GenAiLab.Models.Tokenization.Text.CodePoints.Repair(text);
            Assert.Equal(Find(byExpression, whole), Find(byHand, whole));
        }
    }

    [Fact]
    public void Letters_of_other_planes_are_letters_to_an_expression()
    {
        Assert.Equal([(0, 5), (5, 1), (6, 1), (7, 2), (9, 1)], Find(RegexPattern.Parse(@"\p{L}+|\P{L}"), "x𝐀𝐁 y🙂z"));
        Assert.Equal([(0, 5)], Find(RegexPattern.Parse(@"\p{Han}+"), "野𠮷𠮷a"));
        Assert.Equal([(1, 2)], Find(RegexPattern.Parse(@"\p{Lu}"), "a𝐀𝒶"));
        Assert.Equal([(0, 2)], Find(RegexPattern.Parse(@"[^\p{Hiragana}]"), "𠮷あ"));
    }

    [Fact]
    public void The_normalization_forms_are_those_of_the_standard()
    {
        var (nfc, nfd, nfkc, nfkd) = (new UnicodeNormalizer(false, true), new UnicodeNormalizer(false, false), new UnicodeNormalizer(true, true), new UnicodeNormalizer(true, false));
        Assert.Equal("\u1EAD", nfc.Normalize("a\u0302\u0323")); // Order of marks, then two compositions.
        Assert.Equal("a\u0323\u0302", nfd.Normalize("\u1EAD"));
        Assert.Equal("가각", nfc.Normalize("\u1100\u1161\u1100\u1161\u11A8"));
        Assert.Equal("\u1100\u1161\u11A8", nfd.Normalize("각"));
        Assert.Equal("\u0928\u093C", nfd.Normalize("\u0929"));
        Assert.Equal("\u0915\u093C", nfc.Normalize("\u0958")); // Excluded from composition.
        Assert.Equal("fi1⁄2TM\u1E69", nfkc.Normalize("ﬁ½™\u1E9B\u0323"));
        Assert.Equal("s\u0323\u0307", nfkd.Normalize("\u1E9B\u0323"));
        Assert.Equal("a\u0334\u0327\u0301\u0345", nfd.Normalize("a\u0345\u0301\u0327\u0334"));
    }

    private static List<(int Start, int Length)> Find(TextPattern pattern, string text)
    {
        var matches = new List<(int Start, int Length)>();
        pattern.Find(text, matches, TestContext.Current.CancellationToken);
        return matches;
    }
}
