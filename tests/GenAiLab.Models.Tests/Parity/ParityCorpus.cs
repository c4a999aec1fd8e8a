using System.Globalization;
using System.Text;

namespace GenAiLab.Models.Tests.Parity;

/// <summary>A text that every implementation must cut alike.</summary>
/// <param name="Family">What it was made to try.</param>
/// <param name="Text">The text; it may hold lone surrogates.</param>
internal sealed record ParityText(string Family, string Text);

/// <summary>
/// Texts for comparing tokenizers, the same for the same seed: what people write in every script, and what nobody
/// should. Nothing in it is newer than what all sides know (<see cref="Alphabets.IsKnown"/>).
/// </summary>
internal sealed class ParityCorpus
{
    private readonly Random _random;
    private readonly IReadOnlyList<string> _specials;
    private readonly IReadOnlyList<string> _pieces;

    private ParityCorpus(IReadOnlyList<string> specials, IReadOnlyList<string> pieces, int seed)
    {
        _random = new Random(seed);
        _specials = specials;
        _pieces = pieces;
    }

    /// <summary>Makes the corpus of a vocabulary.</summary>
    /// <param name="specials">Its special tokens.</param>
    /// <param name="pieces">Texts of some of its tokens.</param>
    /// <param name="count">Generated texts; the hand-picked ones come on top.</param>
    /// <param name="seed">The same seed gives the same texts.</param>
    public static IReadOnlyList<ParityText> Generate(IReadOnlyList<string> specials, IReadOnlyList<string> pieces, int count, int seed)
    {
        var corpus = new ParityCorpus(specials, pieces, seed);
        var families = corpus.Families().ToList();
        var texts = HandPicked.Texts.Select(static text => new ParityText("hand-picked", text)).ToList();
        for (var index = 0; index < count; index++)
        {
            var (name, generate) = families[index % families.Count];
            texts.Add(new ParityText(name, generate()));
        }

        return texts;
    }

    private IEnumerable<(string Name, Func<string> Generate)> Families()
    {
        yield return ("one script", OneScript);
        yield return ("mixed scripts", () => Repeat(12, MixedWord, Separator));
        yield return ("prose", Prose);
        yield return ("prose, damaged", () => Damage(Prose()));
        yield return ("code", () => Damage(Pick(HandPicked.Code)));
        yield return ("spaces", () => Repeat(10, () => Times(Pick(Alphabets.Spaces), 6), () => _random.Next(3) == 0 ? Pick(HandPicked.Words) : ""));
        yield return ("spaces about words", () => Repeat(6, () => Pick(HandPicked.Words), () => Times(Pick(Alphabets.Spaces), 4)));
        yield return ("numbers", () => Repeat(6, Number, Separator));
        yield return ("addresses", () => Damage(Pick(HandPicked.Addresses)));
        yield return ("emoji", () => Repeat(8, () => Pick(Alphabets.Emoji), () => _random.Next(4) == 0 ? Pick(Alphabets.Spaces) : ""));
        yield return ("marks", () => Repeat(6, () => Character() + string.Concat(Enumerable.Range(0, _random.Next(_random.Next(4) == 0 ? 40 : 4)).Select(_ => Pick(Alphabets.Marks))), Separator));
        yield return ("controls", () => Repeat(10, () => _random.Next(2) == 0 ? Pick(Alphabets.Controls) : Pick(HandPicked.Words), static () => ""));
        yield return ("code points", () => Repeat(16, Character, static () => ""));
        yield return ("syllables", () => Repeat(8, Jamo, () => _random.Next(3) == 0 ? " " : ""));
        yield return ("forms", () => Repeat(8, () => Pick(HandPicked.Forms), () => _random.Next(3) == 0 ? Pick(HandPicked.Words) : ""));
        yield return ("case", () => Repeat(5, () => Recase(Pick(HandPicked.Words) + Pick(HandPicked.Contractions)), Separator));
        yield return ("punctuation", () => Repeat(10, () => Times(Pick(HandPicked.Punctuation), 5), () => _random.Next(3) == 0 ? Pick(HandPicked.Words) : _random.Next(3) == 0 ? " " : ""));
        yield return ("lone surrogates", () => Repeat(8, () => _random.Next(3) == 0 ? ((char)_random.Next(0xD800, 0xE000)).ToString() : Character(), static () => ""));
        yield return ("pieces", () => Repeat(20, Piece, static () => ""));
        yield return ("spaced pieces", () => Repeat(12, Piece, Separator));
        yield return ("special tokens", () => Repeat(6, () => _random.Next(2) == 0 ? Special() : Pick(HandPicked.Words), () => _random.Next(3) == 0 ? Pick(Alphabets.Spaces) : ""));
        yield return ("halves of special tokens", () => Repeat(6, HalfSpecial, () => _random.Next(3) == 0 ? Pick(Alphabets.Spaces) : ""));
        yield return ("long words", () => Repeat(2, () => Times(Pick(HandPicked.Words), 60), Separator));
        yield return ("repeated character", () => Times(Character(), 200));
        yield return ("random letters", () => string.Concat(Enumerable.Range(0, _random.Next(1, 120)).Select(_ => (char)('a' + _random.Next(26)))));
        yield return ("ASCII", () => string.Concat(Enumerable.Range(0, _random.Next(1, 60)).Select(_ => (char)_random.Next(0x20, 0x7F))));
    }

    private string OneScript()
    {
        var script = Pick(Alphabets.Scripts);
        return Repeat(8, () => string.Concat(Enumerable.Range(0, _random.Next(1, 12)).Select(_ => Of(script))), Separator);
    }

    private string MixedWord()
    {
        var script = Pick(Alphabets.Scripts);
        return string.Concat(Enumerable.Range(0, _random.Next(1, 6)).Select(_ => Of(script)));
    }

    private string Prose() => Repeat(4, () => Pick(HandPicked.Sentences), () => Pick([" ", "  ", "\n", "\n\n", ""]));

    private string Number() => _random.Next(7) switch
    {
        0 => _random.NextInt64().ToString(CultureInfo.InvariantCulture),
        1 => _random.Next(100_000).ToString("N0", CultureInfo.InvariantCulture),
        2 => (_random.NextDouble() * 1000).ToString(CultureInfo.InvariantCulture),
        3 => $"0x{_random.Next():X}",
        4 => string.Concat(Enumerable.Range(0, _random.Next(1, 9)).Select(_ => Pick(HandPicked.Digits))),
        5 => $"{_random.Next(2100)}-{_random.Next(1, 13):00}-{_random.Next(1, 29):00}T{_random.Next(24):00}:{_random.Next(60):00}Z",
        _ => $"{_random.Next(1000)}{Pick(["%", "€", "km", "°C", "th", "²", "½", "e10", "."])}",
    };

    private string Jamo()
    {
        var lead = (char)_random.Next(0x1100, 0x1113);
        var vowel = (char)_random.Next(0x1161, 0x1176);
        var tail = (char)_random.Next(0x11A8, 0x11C3);
        return _random.Next(5) switch
        {
            0 => $"{lead}{vowel}",
            1 => $"{lead}{vowel}{tail}",
            2 => $"{(char)_random.Next(0xAC00, 0xD7A4)}{tail}",
            3 => $"{vowel}{tail}{lead}",
            _ => ((char)_random.Next(0xAC00, 0xD7A4)).ToString(),
        };
    }

    private string Piece() => _pieces.Count == 0 ? Pick(HandPicked.Words) : _pieces[_random.Next(_pieces.Count)];

    private string Special() => _specials.Count == 0 ? "<|endoftext|>" : _specials[_random.Next(_specials.Count)];

    private string HalfSpecial()
    {
        var special = Special();
        var cut = _random.Next(special.Length + 1);
        return _random.Next(4) switch
        {
            0 => special[..cut],
            1 => special[cut..],
            2 => special[..cut] + Pick(Alphabets.Spaces) + special[cut..],
            _ => Recase(special),
        };
    }

    // Cuts, doubles, swaps or strews in characters, as edits and bad transfers do; may split a surrogate pair.
    private string Damage(string text)
    {
        for (var edits = _random.Next(4); edits > 0 && text.Length > 1; edits--)
        {
            var at = _random.Next(text.Length);
            text = _random.Next(5) switch
            {
                0 => text[at..],
                1 => text.Insert(at, Character()),
                2 => text.Insert(at, Pick(Alphabets.Spaces)),
                3 => text.Remove(at, 1),
                _ => text.Insert(at, Pick(Alphabets.Controls)),
            };
        }

        return text;
    }

    private string Recase(string text) => _random.Next(4) switch
    {
        0 => text.ToUpperInvariant(),
        1 => text.ToLowerInvariant(),
        2 => string.Concat(text.Select(letter => _random.Next(2) == 0 ? char.ToUpperInvariant(letter) : letter)),
        _ => text,
    };

    private string Separator() => _random.Next(6) switch
    {
        0 => Pick(HandPicked.Punctuation),
        1 => Pick(Alphabets.Spaces),
        2 => "",
        _ => " ",
    };

    private string Character() => Of(Pick(Alphabets.Scripts));

    private string Of((string Name, int First, int Last) script)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            var codePoint = _random.Next(script.First, script.Last + 1);
            if (Alphabets.IsKnown(codePoint))
            {
                return new Rune(codePoint).ToString();
            }
        }

        return "x";
    }

    private string Times(string text, int most) => string.Concat(Enumerable.Repeat(text, _random.Next(1, most + 1)));

    private string Repeat(int most, Func<string> part, Func<string> between)
    {
        var text = new StringBuilder();
        for (var left = _random.Next(1, most + 1); left > 0; left--)
        {
            text.Append(part()).Append(left > 1 ? between() : "");
        }

        // What begins or ends with a space is cut apart in its own way.
        return _random.Next(8) switch { 0 => $" {text}", 1 => $"{text} ", 2 => $"{text}\n", _ => text.ToString() };
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];
}
