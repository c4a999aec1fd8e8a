using System.Text;
using GenAiLab.Models.Tests.Parity;
using GenAiLab.Tokenizer.Vocabularies;

namespace GenAiLab.Tokenizer.Tests;

/// <summary>Ids and texts equal to those of npm tiktoken (OpenAI's library, compiled for node), over ten thousand texts.</summary>
public sealed class TiktokenParityTests
{
    private const int Generated = 10_000;

    [Theory]
    [InlineData("cl100k_base", false)]
    [InlineData("cl100k_base", true)]
    [InlineData("o200k_base", false)]
    [InlineData("o200k_base", true)]
    [InlineData("r50k_base", false)]
    [InlineData("gpt2", true)]
    public async Task Ids_and_text_are_those_of_tiktoken(string name, bool parseSpecialTokens)
    {
        var vocabulary = PublicVocabularies.Read(name);
        var texts = Corpus(vocabulary);
        var answers = await NodeTokenizer.TiktokenAsync(name, [.. texts.Select(static text => text.Text)], parseSpecialTokens);
        var differences = new Differences();
        foreach (var (index, (family, text)) in texts.Index())
        {
            int[] ids = [.. vocabulary.Encode(text, addSpecialTokens: false, parseSpecialTokens, TestContext.Current.CancellationToken).Select(static token => token.Id)];
            differences.Compare(family, text, answers[index].Ids, ids);
            differences.Compare($"{family}, decoded", text, answers[index].Text, vocabulary.Decode(answers[index].Ids, skipSpecialTokens: false));
        }

        differences.AssertNone();
    }

    // Lone surrogates are U+FFFD on both sides: the service takes well-formed texts only. One character over and over is
    // quadratic in tiktoken, so 10,000 of it are all that it is asked for.
    private static List<ParityText> Corpus(IVocabulary vocabulary)
    {
        var random = new Random(1);
        var pieces = Enumerable.Range(0, 5_000).Select(_ => Encoding.UTF8.GetString(vocabulary.Piece(random.Next(vocabulary.Size)).Span))
            .Where(static piece => piece.Length > 0 && piece.EnumerateRunes().All(static rune => rune.Value != 0xFFFD && Alphabets.IsKnown(rune.Value)));
        return
        [
            .. ParityCorpus.Generate([.. vocabulary.SpecialTokens.Select(static token => token.Text)], [.. pieces], Generated, seed: 1)
                .Select(static text => text with { Text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Text)) }),
            .. new[] { "a", " ", "\n", "0", "a ", "é", "中", "\u0301", "!" }.Select(static text => new ParityText("one character", string.Concat(Enumerable.Repeat(text, 10_000)))),
        ];
    }
}
