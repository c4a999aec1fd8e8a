using System.Text;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>
/// Ids and texts equal to those of Hugging Face's own library, over ten thousand texts a vocabulary. Lone surrogates
/// count as U+FFFD: the library takes none, so it is given the text with them replaced, and ours the text as it is.
/// </summary>
public sealed class ParityTests(ParityVocabularies vocabularies) : IClassFixture<ParityVocabularies>
{
    private const int Generated = 10_000;

    /// <summary>All vocabularies.</summary>
    public static TheoryData<string> Names => ["gpt2"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_and_text_are_those_of_the_Rust_library(string name)
    {
        var folder = vocabularies.Folder(name);
        var rust = new RustTokenizer(Path.Combine(folder, "tokenizer.json"));
        var ours = TextTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        var differences = new Differences();
        foreach (var (family, text) in ParityVocabularies.Corpus(folder, Generated, seed: 1))
        {
            var expected = rust.Encode(WellFormed(text)) ?? throw new InvalidOperationException("the library failed");
            int[] ids = [.. ours.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
            differences.Compare(family, text, expected, ids);
            differences.Compare($"{family}, decoded", text, rust.Decode(expected), ours.Decode(expected, skipSpecialTokens: true));
        }

        differences.AssertNone();
    }

    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
