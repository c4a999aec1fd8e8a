using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Models.Tests.Tokenization;

/// <summary>Small tokenizer.json files of every kind, learned here from a few sentences: enough to try each component, not to be good.</summary>
internal static class TinyTokenizer
{
    private const string Sentences =
        "The capital of France is Paris, isn't it? The cow says moo; they'll say meow. Straße, café, naïve, Ελλάδα, Москва, שלום, العربية, हिन्दी, 東京 タワー, 서울. " +
        "unbelievable 12345 3.14 for (int i = 0; i < 10; i++) { x[i] += \"a\"; } the the then there other 🙂 👩‍👩‍👧 ﬁ ½ ™";

    /// <summary>A whole file.</summary>
    /// <param name="model">BPE over bytes, BPE over characters, BPE with affixes, WordPiece, Unigram or WordLevel.</param>
    /// <param name="normalizer">As in the file; null: none.</param>
    /// <param name="preTokenizer">As in the file; null: none.</param>
    /// <param name="decoder">As in the file; null: none.</param>
    /// <param name="postProcessor">As in the file; null: none.</param>
    /// <param name="added">Added tokens as in the file, without ids: those of the model where it has them, else the next ones.</param>
    public static byte[] Write(JsonObject model, string? normalizer = null, string? preTokenizer = null, string? decoder = null, string? postProcessor = null, string added = "[]")
    {
        var vocabulary = Entries(model);
        var next = vocabulary.Count;
        var tokens = (JsonArray)JsonNode.Parse(added)!;
        foreach (var token in tokens.OfType<JsonObject>())
        {
            token["id"] = vocabulary.TryGetValue((string)token["content"]!, out var id) ? id : next++;
            foreach (var flag in new[] { "single_word", "lstrip", "rstrip", "normalized", "special" })
            {
                token[flag] ??= false;
            }
        }

        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = tokens,
            ["normalizer"] = Parse(normalizer),
            ["pre_tokenizer"] = Parse(preTokenizer),
            ["post_processor"] = Parse(postProcessor),
            ["decoder"] = Parse(decoder),
            ["model"] = model.DeepClone(),
        }.ToJsonString());
    }

    /// <summary>The model of that kind.</summary>
    public static JsonObject Model(string kind) => kind switch
    {
        "bytes" => Bpe(Words(false).Select(static word => ByteLetters(word)), ByteLetters(Enumerable.Range(0, 256).Select(static value => (byte)value)), "", ""),
        "characters" => WithBytes(Bpe(Words(true).Select(static word => Characters(word)), ["<unk>", .. ByteTokens, "▁", .. Alphabet(Sentences[..120])], "", "")),
        "unknown" => With(Bpe(Words(true).Select(static word => Characters(word)), ["<unk>", "▁", .. Alphabet(Sentences[..120])], "", ""), ("unk_token", "<unk>"), ("fuse_unk", true)),
        "affixes" => With(
            Bpe(Words(false).Select(static word => Affixed(word.Trim())), ["<unk>"], "##", "</w>"),
            ("unk_token", "<unk>"), ("continuing_subword_prefix", "##"), ("end_of_word_suffix", "</w>")),
        "whole words" => With(Model("bytes"), ("ignore_merges", true)),
        "wordpiece" => WordPiece(),
        "unigram" => Unigram(byteFallback: false),
        "unigram with bytes" => Unigram(byteFallback: true),
        "wordlevel" => new JsonObject { ["type"] = "WordLevel", ["vocab"] = Ids(["<unk>", .. Words(false).Select(static word => word.Trim()).Distinct()]), ["unk_token"] = "<unk>" },
        _ => throw new ArgumentException(kind, nameof(kind)),
    };

    private static readonly string[] ByteTokens = [.. Enumerable.Range(0, 256).Select(static value => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"))];

    private static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);

    private static Dictionary<string, int> Entries(JsonObject model) => model["vocab"] switch
    {
        JsonArray list => list.Select(static (entry, id) => ((string)entry![0]!, id)).DistinctBy(static entry => entry.Item1).ToDictionary(static entry => entry.Item1, static entry => entry.id),
        JsonObject map => map.ToDictionary(static entry => entry.Key, static entry => (int)entry.Value!),
        _ => [],
    };

    private static IEnumerable<string> Words(bool marked) => Enumerable.Repeat(Sentences.Split(' '), 3).SelectMany(static words => words).Select(word => (marked ? "▁" : " ") + word);

    private static string[] ByteLetters(string word) => ByteLetters(Encoding.UTF8.GetBytes(word));

    private static string[] ByteLetters(IEnumerable<byte> bytes) => [.. bytes.Select(static value => ByteAlphabet.Spell([value]))];

    private static string[] Characters(string word) => [.. word.EnumerateRunes().Select(static rune => rune.ToString())];

    private static string[] Affixed(string word)
    {
        var characters = Characters(word);
        return [.. characters.Select((character, at) => (at > 0 ? "##" : "") + character + (at == characters.Length - 1 ? "</w>" : ""))];
    }

    private static IEnumerable<string> Alphabet(string text) => Characters(text).Where(static character => character != " ").Distinct();

    private static JsonObject Ids(IEnumerable<string> entries) => new(entries.Distinct().Select(static (entry, id) => KeyValuePair.Create(entry, (JsonNode?)id)));

    private static JsonObject With(JsonObject model, params (string Name, JsonNode Value)[] values)
    {
        foreach (var (name, value) in values)
        {
            model[name] = value;
        }

        return model;
    }

    private static JsonObject WithBytes(JsonObject model) => With(model, ("unk_token", "<unk>"), ("fuse_unk", true), ("byte_fallback", true));

    // The most frequent pair again and again, ties to the first: small, so the slow way.
    private static JsonObject Bpe(IEnumerable<string[]> words, IEnumerable<string> first, string prefix, string suffix)
    {
        var parts = words.Select(static word => word.ToList()).ToList();
        var entries = first.Concat(prefix.Length + suffix.Length > 0 ? parts.SelectMany(static word => word) : []).Distinct().ToList();
        var known = entries.ToHashSet();
        var merges = new JsonArray();
        for (var merge = 0; merge < 120; merge++)
        {
            var best = parts.SelectMany(static word => word.Zip(word.Skip(1))).Where(pair => known.Contains(pair.First) && known.Contains(pair.Second))
                .GroupBy(static pair => pair).MaxBy(static group => group.Count());
            if (best is null || best.Count() < 2)
            {
                break;
            }

            var (left, right) = best.Key;
            var merged = left + right[prefix.Length..];
            merges.Add(new JsonArray(left, right));
            if (known.Add(merged))
            {
                entries.Add(merged);
            }

            foreach (var word in parts)
            {
                for (var at = 0; at + 1 < word.Count; at++)
                {
                    if (word[at] == left && word[at + 1] == right)
                    {
                        word[at] = merged;
                        word.RemoveAt(at + 1);
                    }
                }
            }
        }

        return new JsonObject { ["type"] = "BPE", ["vocab"] = Ids(entries), ["merges"] = merges };
    }

    private static JsonObject WordPiece()
    {
        var words = Words(false).Select(static word => word.Trim().ToLowerInvariant()).Distinct().ToList();
        var letters = words.SelectMany(Characters).Distinct().Where(static (_, at) => at % 5 != 4).ToList();
        return new JsonObject
        {
            ["type"] = "WordPiece",
            ["unk_token"] = "[UNK]",
            ["continuing_subword_prefix"] = "##",
            ["max_input_chars_per_word"] = 20,
            ["vocab"] = Ids(["[PAD]", "[UNK]", "[CLS]", "[SEP]", .. letters, .. letters.Select(static letter => "##" + letter), .. words.Select(static word => word[..Math.Min(4, word.Length)]).Where(Whole),
                .. words.Where(static word => word.Length > 3).Select(static word => "##" + word[^3..]).Where(Whole)]),
        };
    }

    private static bool Whole(string text) => !text.Any(char.IsSurrogate);

    private static JsonObject Unigram(bool byteFallback)
    {
        var random = new Random(7);
        var words = Words(true).Distinct().ToList();
        var entries = words.SelectMany(static word => Enumerable.Range(1, Math.Max(1, word.Length - 1)).Select(end => word[..end])).Concat(words.SelectMany(static word => Enumerable.Range(1, word.Length - 1).Select(start => word[start..])))
            .Where(static entry => entry.Length is > 0 and < 8 && Whole(entry)).Concat(Alphabet(Sentences[..150])).Concat(byteFallback ? ByteTokens : []).Distinct().ToList();
        var vocabulary = new JsonArray(new JsonArray("<pad>", 0.0), new JsonArray("<unk>", 0.0));
        foreach (var entry in entries)
        {
            vocabulary.Add(new JsonArray(entry, -(random.Next(20, 120) / 10.0))); // Few scores, so that ways tie.
        }

        return new JsonObject { ["type"] = "Unigram", ["unk_id"] = 1, ["vocab"] = vocabulary, ["byte_fallback"] = byteFallback };
    }
}
