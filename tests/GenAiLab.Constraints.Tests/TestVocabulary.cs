using System.IO.Compression;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using GenAiLab.Models.Tokenization;

namespace GenAiLab.Constraints.Tests;

/// <summary>Vocabularies to generate with.</summary>
internal static class TestVocabulary
{
    private static readonly Lazy<ConstraintVocabulary> LazyLab = new(static () =>
    {
        var tokenizer = ByteLevelBpe.Load(Path.Combine(Root(), "models", "lab-base", "tokenizer.json"));
        return new ConstraintVocabulary(
            [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.TokenBytes)], tokenizer.SpecialTokens.Values, [tokenizer.SpecialTokens["<|endoftext|>"]]);
    });

    private static readonly Lazy<ConstraintVocabulary> LazyCl100k = new(static () => WithEnd(Cl100kPieces()));

    /// <summary>Each byte is a token, and 256 is the end.</summary>
    public static ConstraintVocabulary Bytes { get; } = WithEnd(Enumerable.Range(0, 256).Select(static value => new[] { (byte)value }));

    /// <summary>The lab's own, 3,072 entries.</summary>
    public static ConstraintVocabulary Lab => LazyLab.Value;

    /// <summary>cl100k_base and an end: 100,257 entries.</summary>
    public static ConstraintVocabulary Cl100k => LazyCl100k.Value;

    /// <summary>The first entries of cl100k_base and an end.</summary>
    public static ConstraintVocabulary FirstOfCl100k(int entries) => WithEnd(Cl100kPieces().Take(entries - 1));

    /// <summary>Tokens that are spelled out, and behind them the end.</summary>
    public static ConstraintVocabulary Of(params IEnumerable<string> pieces) => WithEnd(pieces.Select(Encoding.UTF8.GetBytes));

    /// <summary>The fewest and longest tokens for a text, greedily.</summary>
    public static IEnumerable<int> Encode(this ConstraintVocabulary vocabulary, byte[] text)
    {
        for (var at = 0; at < text.Length;)
        {
            var (token, length, node) = (-1, 0, -1);
            for (var end = at; end < text.Length && (node = vocabulary.Child(node, text[end])) >= 0; end++)
            {
                if (vocabulary.Tokens[node] >= 0)
                {
                    (token, length) = (vocabulary.Tokens[node], end - at + 1);
                }
            }

            yield return token;
            at += length;
        }
    }

    private static ConstraintVocabulary WithEnd(IEnumerable<byte[]> pieces)
    {
        var all = pieces.Select(static piece => new ReadOnlyMemory<byte>(piece)).Append(Encoding.UTF8.GetBytes("<|end|>")).ToArray();
        return new ConstraintVocabulary(all, [], [all.Length - 1]);
    }

    private static IEnumerable<byte[]> Cl100kPieces()
    {
        using var compressed = Assembly.Load("Microsoft.ML.Tokenizers.Data.Cl100kBase").GetManifestResourceStream("cl100k_base.tiktoken.deflate")!;
        using var reader = new StreamReader(new DeflateStream(compressed, CompressionMode.Decompress), Encoding.ASCII);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            yield return Convert.FromBase64String(line);
        }
    }

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
