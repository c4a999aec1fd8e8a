using System.Security.Cryptography;
using System.Text;
using GenAiLab.Models.Tokenization.Files;
using GenAiLab.Models.Tokenization.Models;
using GenAiLab.Models.Tokenization.Patterns;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>
/// OpenAI's public vocabularies, with patterns and special tokens as in tiktoken
/// (github.com/openai/tiktoken, tiktoken_ext/openai_public.py), data from Microsoft.ML.Tokenizers' packages.
/// </summary>
internal static class PublicVocabularies
{
    public const string Gpt2 = "gpt2";
    public const string R50k = "r50k_base";
    public const string Cl100k = "cl100k_base";
    public const string O200k = "o200k_base";
    public const string O200kHarmony = "o200k_harmony";

    private const string EndOfText = "<|endoftext|>";
    private const string EndOfPrompt = "<|endofprompt|>";

    private static readonly Lazy<(string Sha256, WordModel Model)> Gpt2Pieces = Pieces("Gpt2", "gpt2.tiktoken.deflate");
    private static readonly Lazy<(string Sha256, WordModel Model)> R50kPieces = Pieces("R50kBase", "r50k_base.tiktoken.deflate");
    private static readonly Lazy<(string Sha256, WordModel Model)> Cl100kPieces = Pieces("Cl100kBase", "cl100k_base.tiktoken.deflate");
    private static readonly Lazy<(string Sha256, WordModel Model)> O200kPieces = Pieces("O200kBase", "o200k_base.tiktoken.deflate"); // Of both that use them.

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> Names { get; } = [Cl100k, Gpt2, O200k, O200kHarmony, R50k];

    /// <summary>Reads one of <see cref="Names"/>.</summary>
    public static IVocabulary Read(string name) => name switch
    {
        Gpt2 => Read(name, Gpt2Pieces, Gpt2Words.Expression, new() { [EndOfText] = 50256 }),
        R50k => Read(name, R50kPieces, Gpt2Words.Expression, new() { [EndOfText] = 50256 }),
        Cl100k => Read(name, Cl100kPieces, Cl100kWords.Expression, new()
        {
            [EndOfText] = 100257,
            ["<|fim_prefix|>"] = 100258,
            ["<|fim_middle|>"] = 100259,
            ["<|fim_suffix|>"] = 100260,
            [EndOfPrompt] = 100276,
        }),
        O200k => Read(name, O200kPieces, O200kWords.Expression, new() { [EndOfText] = 199999, [EndOfPrompt] = 200018 }),
        O200kHarmony => ReadHarmony(),
        _ => throw new ArgumentException($"there is no public vocabulary '{name}'", nameof(name)),
    };

    /// <summary>Reads cl100k_base: GPT-3.5 and GPT-4.</summary>
    public static IVocabulary ReadCl100k() => Read(Cl100k);

    /// <summary>Reads o200k_base: GPT-4o and later.</summary>
    public static IVocabulary ReadO200k() => Read(O200k);

    private static TokenizerVocabulary Read(string name, Lazy<(string Sha256, WordModel Model)> pieces, string pattern, Dictionary<string, int> special) =>
        new(name, RankedPieces.Tokenizer(pieces.Value.Sha256, pieces.Value.Model, pattern, special));

    // Its pieces are o200k_base's, its special tokens are not: a hash over both keeps whoever caches by hash from mixing them up.
    private static TokenizerVocabulary ReadHarmony()
    {
        var (special, sha256) = (Harmony(), O200kPieces.Value.Sha256);
        var definition = string.Join('\n', special.Select(static token => $"{token.Key} {token.Value}").Prepend(sha256));
        return new TokenizerVocabulary(
            O200kHarmony, RankedPieces.Tokenizer(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(definition))), O200kPieces.Value.Model, O200kWords.Expression, special));
    }

    private static Lazy<(string Sha256, WordModel Model)> Pieces(string package, string resource) => new(() =>
    {
        var file = RankFile.Read($"Microsoft.ML.Tokenizers.Data.{package}", resource);
        return (file.Sha256, RankedPieces.Model(file.Pieces));
    });

    // gpt-oss: what marks its channels, and names for every id that is left up to 201087.
    private static Dictionary<string, int> Harmony()
    {
        var special = new Dictionary<string, int>
        {
            ["<|startoftext|>"] = 199998,
            [EndOfText] = 199999,
            ["<|reserved_200000|>"] = 200000,
            ["<|reserved_200001|>"] = 200001,
            ["<|return|>"] = 200002,
            ["<|constrain|>"] = 200003,
            ["<|reserved_200004|>"] = 200004,
            ["<|channel|>"] = 200005,
            ["<|start|>"] = 200006,
            ["<|end|>"] = 200007,
            ["<|message|>"] = 200008,
            ["<|reserved_200009|>"] = 200009,
            ["<|reserved_200010|>"] = 200010,
            ["<|reserved_200011|>"] = 200011,
            ["<|call|>"] = 200012,
            [EndOfPrompt] = 200018,
        };
        foreach (var id in Enumerable.Range(200013, 201088 - 200013).Where(static id => id != 200018))
        {
            special[$"<|reserved_{id}|>"] = id;
        }

        return special;
    }
}
