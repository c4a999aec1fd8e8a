using System.Text.RegularExpressions;

namespace GenAiLab.Tokenizer.Vocabularies;

/// <summary>
/// OpenAI's public vocabularies, with patterns and special tokens as in tiktoken
/// (github.com/openai/tiktoken, tiktoken_ext/openai_public.py), data from Microsoft.ML.Tokenizers' packages.
/// </summary>
internal static partial class PublicVocabularies
{
    public const string Cl100k = "cl100k_base";
    public const string O200k = "o200k_base";

    private const string EndOfText = "<|endoftext|>";
    private const string EndOfPrompt = "<|endofprompt|>";

    /// <summary>Reads cl100k_base: GPT-3.5 and GPT-4.</summary>
    public static IVocabulary ReadCl100k() => new RankVocabulary(
        Cl100k,
        RankFile.Read("Microsoft.ML.Tokenizers.Data.Cl100kBase", "cl100k_base.tiktoken.deflate"),
        Cl100kPattern(),
        new Dictionary<string, int>
        {
            [EndOfText] = 100257,
            ["<|fim_prefix|>"] = 100258,
            ["<|fim_middle|>"] = 100259,
            ["<|fim_suffix|>"] = 100260,
            [EndOfPrompt] = 100276,
        });

    /// <summary>Reads o200k_base: GPT-4o and later.</summary>
    public static IVocabulary ReadO200k() => new RankVocabulary(
        O200k,
        RankFile.Read("Microsoft.ML.Tokenizers.Data.O200kBase", "o200k_base.tiktoken.deflate"),
        O200kPattern(),
        new Dictionary<string, int> { [EndOfText] = 199999, [EndOfPrompt] = 200018 });

    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.CultureInvariant)]
    private static partial Regex Cl100kPattern();

    [GeneratedRegex(
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?" +
        @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?" +
        @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.CultureInvariant)]
    private static partial Regex O200kPattern();
}
