namespace GenAiLab.Tokenizer.Tests;

public sealed class WordCountTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("  \n\t", 0)]
    [InlineData("The quick brown fox.", 4)]
    [InlineData("It's a well-known don’t…", 5)] // It's, a, well, known, don’t
    [InlineData("3.14 1,000,000 a,b v1.2", 5)] // a and b are two: a comma joins digits only
    [InlineData("snake_case camelCase x86", 3)]
    [InlineData("漢字かな", 4)]
    [InlineData("カタカナ 語", 2)]
    [InlineData("한국어 단어", 2)]
    [InlineData("e\u0301te\u0301 nai\u0308ve", 2)]
    [InlineData("🙂 👩‍👩‍👧 !? — 'quoted'", 1)]
    [InlineData("𝐀𝐁 x", 2)]
    [InlineData("end. Next", 2)]
    public void Words_are_counted_as_people_do(string text, int words) => Assert.Equal(words, WordCount.Of(text));
}
