using System.Text;
using GenAiLab.Training.World;

namespace GenAiLab.Cli.Benchmarks;

/// <summary>A text to encode.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Text">At most a megabyte of UTF-8.</param>
/// <param name="PeerCharacters">How much of it peers get: all, or less where they need quadratic time.</param>
internal sealed record TokenizerText(string Name, string Text, int PeerCharacters)
{
    /// <summary>Bytes of UTF-8.</summary>
    public int Bytes { get; } = Encoding.UTF8.GetByteCount(Text);

    /// <summary>What peers get.</summary>
    public string PeerText => PeerCharacters >= Text.Length ? Text : Text[..PeerCharacters];
}

/// <summary>The texts that tokenizers are measured on: three that people write, two that nobody should.</summary>
internal static class TokenizerTexts
{
    private const int Megabyte = 1 << 20;

    // tiktoken in WebAssembly needs 5 s for 100 KB of one letter, and fails at a megabyte of spaces.
    private const int PeerCharacters = 1 << 14;

    private static readonly (int First, int Last)[] Scripts =
    [
        (0x61, 0x7A), (0xC0, 0xFF), (0x391, 0x3C9), (0x410, 0x44F), (0x5D0, 0x5EA), (0x620, 0x64A), (0x905, 0x939), (0xE01, 0xE30), (0x10D0, 0x10F0), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x5FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1F5FF), (0x30, 0x39),
    ];

    /// <summary>Makes them, always the same; the code is this repository's own, left out where that is not around.</summary>
    public static IReadOnlyList<TokenizerText> Create()
    {
        List<TokenizerText> texts = [new("prose", Fill(new LabWorld(1).TrainingDocuments().Select(static document => document + "\n")), int.MaxValue)];
        if (Code() is { } code)
        {
            texts.Add(new TokenizerText("C# code", code, int.MaxValue));
        }

        texts.Add(new TokenizerText("mixed scripts", Fill(Words()), int.MaxValue));
        texts.Add(new TokenizerText("one letter", new string('a', Megabyte), PeerCharacters));
        texts.Add(new TokenizerText("spaces", new string(' ', Megabyte), PeerCharacters));
        return texts;
    }

    private static IEnumerable<string> Words()
    {
        var random = new Random(1);
        while (true)
        {
            var (first, last) = Scripts[random.Next(Scripts.Length)];
            var word = new StringBuilder();
            for (var left = random.Next(1, 9); left > 0; left--)
            {
                word.Append(new Rune(random.Next(first, last + 1)).ToString());
            }

            yield return word.Append(random.Next(12) == 0 ? ".\n" : " ").ToString();
        }
    }

    private static string? Code()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenAiLab.sln")))
            {
                var separator = Path.DirectorySeparatorChar;
                return Fill(Directory.EnumerateFiles(Path.Combine(folder.FullName, "src"), "*.cs", SearchOption.AllDirectories)
                    .Where(file => !file.Contains($"{separator}obj{separator}", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
                    // The peers read special tokens in a text as such, and this repository's code spells some out.
                    .Select(static file => File.ReadAllText(file).Replace("<|", "< |", StringComparison.Ordinal)));
            }
        }

        return null;
    }

    // A megabyte of whole parts, as far as they go.
    private static string Fill(IEnumerable<string> parts)
    {
        var text = new StringBuilder();
        var bytes = 0;
        foreach (var part in parts)
        {
            bytes += Encoding.UTF8.GetByteCount(part);
            if (bytes > Megabyte)
            {
                break;
            }

            text.Append(part);
        }

        return text.ToString();
    }
}
