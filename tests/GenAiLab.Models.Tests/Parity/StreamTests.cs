using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>Ids that come one by one: nothing is lost, no character comes in halves, and nothing is kept back that is certain.</summary>
public sealed partial class StreamTests(ParityVocabularies vocabularies) : IClassFixture<ParityVocabularies>
{
    private const int Sequences = 1_000;

    /// <summary>All vocabularies.</summary>
    public static TheoryData<string> Names => ParityVocabularies.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void What_comes_piece_by_piece_is_the_whole_text(string name)
    {
        var tokenizer = TextTokenizer.Load(Path.Combine(vocabularies.Folder(name), "tokenizer.json"));
        foreach (var ids in Ids(name, tokenizer))
        {
            foreach (var skip in new[] { true, false })
            {
                var stream = tokenizer.OpenStream(skip);
                var text = new StringBuilder();
                foreach (var part in Parts(stream, ids))
                {
                    Assert.True(part.Length == 0 || !(char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])), $"half a character in {JsonSerializer.Serialize(part)} of {string.Join(' ', ids)}");
                    text.Append(part);
                }

                Assert.True(IsSame(tokenizer.Decode(ids, skip), text.ToString(), name is "unigram-bytes" || ParityVocabularies.ByteFallback.Contains(name)), $"{string.Join(' ', ids)}\nwhole  {JsonSerializer.Serialize(tokenizer.Decode(ids, skip))}\nstream {JsonSerializer.Serialize(text.ToString())}");
            }
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("deepseek_v3")]
    public void Only_an_incomplete_character_is_kept_back(string name)
    {
        var tokenizer = TextTokenizer.Load(Path.Combine(vocabularies.Folder(name), "tokenizer.json"));
        foreach (var ids in Ids(name, tokenizer))
        {
            var stream = tokenizer.OpenStream(skipSpecialTokens: false);
            var bytes = new List<byte>();
            var emitted = 0;
            foreach (var id in ids)
            {
                emitted += stream.Push(id).Length;
                bytes.AddRange(tokenizer.TokenBytes(id).ToArray());

                // .NET's own decoder keeps back what may still become a character, and no more.
                var certain = new UTF8Encoding().GetDecoder().GetCharCount([.. bytes], 0, bytes.Count, flush: false);
                Assert.Equal(certain, emitted);
            }
        }
    }

    // Among tokens that are single bytes a stream gives the characters that are whole, where all at once a run with one bad
    // byte is nothing but U+FFFD: there, and only there, it may say something else.
    private static bool IsSame(string whole, string stream, bool isByteFallback) =>
        whole == stream || (isByteFallback && Regex.IsMatch(stream, $"^{Replaced().Replace(Regex.Escape(whole), static run => $".{{1,{run.Length}}}")}$", RegexOptions.Singleline));

    [GeneratedRegex("\uFFFD+")]
    private static partial Regex Replaced();

    private static IEnumerable<string> Parts(TokenTextStream stream, int[] ids)
    {
        foreach (var id in ids)
        {
            yield return stream.Push(id);
        }

        yield return stream.Finish();
    }

    // What a model would write, and what none would.
    private IEnumerable<int[]> Ids(string name, TextTokenizer tokenizer)
    {
        var random = new Random(2);
        foreach (var (_, text) in ParityVocabularies.Corpus(vocabularies.Folder(name), Sequences, seed: 6))
        {
            yield return [.. tokenizer.Encode(text, addSpecialTokens: true, parseSpecialTokens: true, TestContext.Current.CancellationToken).Select(static span => span.Id)];
            yield return [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(random.Next(2) == 0 ? tokenizer.VocabularySize : Math.Min(300, tokenizer.VocabularySize)))];
        }
    }
}
