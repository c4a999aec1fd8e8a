using System.Text;
using GenAiLab.Models.Tokenization;
using GenAiLab.Models.Tokenization.Models;

namespace GenAiLab.Models.Tests.Tokenization;

/// <summary>How models decide where there is a choice.</summary>
public sealed class ModelTests
{
    [Fact]
    public void Pairs_merge_as_if_all_were_looked_at_each_time()
    {
        // Few symbols and many merges, so that ranks tie and merges compete; short words and long ones go different ways.
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var pairs = new Dictionary<(int Left, int Right), (int Rank, int Merged)>();
            var table = new PairTable(4);
            for (var rank = 0; rank < 4 + random.Next(60); rank++)
            {
                var pair = (random.Next(12), random.Next(12));
                pairs[pair] = (rank, random.Next(12));
            }

            table = new PairTable(pairs.Count);
            foreach (var (pair, merge) in pairs)
            {
                table.Set(pair.Left, pair.Right, merge.Rank, merge.Merged);
            }

            var word = Enumerable.Range(0, random.Next(2, seed % 2 == 0 ? 48 : 300)).Select(at => new WordToken(random.Next(3), at, at + 1)).ToArray();
            var expected = Naive([.. word], pairs);
            var left = new PairMerger(table).Merge(word, TestContext.Current.CancellationToken);
            Assert.Equal(expected, word[..left]);
        }
    }

    [Theory]
    [InlineData(9.5, "xy")] // The unknown token is 10 below the lowest score, and y makes up for 9.5 of them,
    [InlineData(10.5, "<unk> y")] // or for more than all.
    public void An_unknown_character_costs_ten(double score, string expected) => Assert.Equal(
        expected,
        Spelled($$"""{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["xy",-20.25],["y",{{FormattableString.Invariant($"{score}")}}],["z",-1]]}""", "xy"));

    [Theory]
    [InlineData("qqz", "<unk> z")] // Neighbours are one,
    [InlineData("q", "<unk>")]
    [InlineData("zz", "zz")] // and of ways that cost the same the first that was found stays.
    public void Unknown_neighbours_are_one_token(string text, string expected) =>
        Assert.Equal(expected, Spelled("""{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["z",-1],["zz",-2]]}""", text));

    [Theory]
    [InlineData("aaa", "aa a")] // The leftmost of equals.
    [InlineData("aaaa", "aaaa")]
    [InlineData("abab", "ab ab")]
    [InlineData("aab", "aa b")] // The lower rank first.
    public void Merges_go_by_rank_and_from_the_left(string text, string expected) => Assert.Equal(
        expected, Spelled("""{"type":"BPE","vocab":{"a":0,"b":1,"aa":2,"ab":3,"aaaa":4},"merges":[["a","a"],["a","b"],["aa","aa"]]}""", text));

    [Theory]
    [InlineData("unaffable", "un ##aff ##able")]
    [InlineData("un", "un")]
    [InlineData("unx", "[UNK]")] // What does not come out is unknown as a whole,
    [InlineData("unaffableable", "[UNK]")] // and so is what is too long.
    public void Word_pieces_are_the_longest_that_fit(string text, string expected) => Assert.Equal(
        expected, Spelled("""{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":9,"vocab":{"[UNK]":0,"un":1,"##aff":2,"##a":3,"##able":4,"u":5}}""", text));

    [Fact]
    public void A_word_that_the_vocabulary_cannot_cut_is_an_error_that_says_so()
    {
        var error = Assert.Throws<TokenizationException>(() => Spelled("""{"type":"WordLevel","unk_token":"[UNK]","vocab":{"a":0}}""", "b"));
        Assert.Contains("no unknown token", error.Message, StringComparison.Ordinal);
    }

    private static string Spelled(string model, string text)
    {
        var tokenizer = TextTokenizer.Parse(Encoding.UTF8.GetBytes($$"""{"added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,"model":{{model}}}"""));
        return string.Join(' ', tokenizer.Encode(text, addSpecialTokens: false, parseSpecialTokens: false, TestContext.Current.CancellationToken).Select(span => tokenizer.TokenText(span.Id)));
    }

    private static List<WordToken> Naive(List<WordToken> word, Dictionary<(int Left, int Right), (int Rank, int Merged)> pairs)
    {
        while (true)
        {
            var best = Enumerable.Range(0, word.Count - 1).Where(at => pairs.ContainsKey((word[at].Id, word[at + 1].Id))).OrderBy(at => pairs[(word[at].Id, word[at + 1].Id)].Rank).ThenBy(static at => at).FirstOrDefault(-1);
            if (best < 0)
            {
                return word;
            }

            word[best] = new WordToken(pairs[(word[best].Id, word[best + 1].Id)].Merged, word[best].Start, word[best + 1].End);
            word.RemoveAt(best + 1);
        }
    }
}
