using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using GenAiLab.Models.Tokenization.Text;
using GenAiLab.Models.Tokenization.Unicode;

namespace GenAiLab.Models.Tokenization.Patterns;

/// <summary>
/// A regular expression over code points, within a time. .NET matches UTF-16 code units, to which a letter outside the
/// Basic Multilingual Plane is two surrogates and no letter; so it is shown the text with a stand-in for each such
/// character: one of the same category that belongs to the same of the scripts that the expression names.
/// </summary>
internal sealed class RegexPattern : TextPattern
{
    private static readonly TimeSpan MatchTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TextTime = TimeSpan.FromSeconds(10);

    private const char LetterSymbol = '\u24B6'; // A letter in a circle: a symbol, and part of a word.

    private readonly Regex _regex;
    private readonly OnigurumaTranslator.Translation _translation;
    private readonly ConcurrentDictionary<(UnicodeCategory Category, int Scripts), char> _standIns = new();

    private RegexPattern(Regex regex, OnigurumaTranslator.Translation translation) => (_regex, _translation) = (regex, translation);

    /// <summary>Reads a pattern of tokenizer.json.</summary>
    /// <exception cref="NotSupportedException">Something in it is not supported; the message names it.</exception>
    public static RegexPattern Parse(string pattern)
    {
        var translation = OnigurumaTranslator.Translate(pattern);
        try
        {
            return new RegexPattern(new Regex(translation.Expression, RegexOptions.CultureInvariant | RegexOptions.Compiled, MatchTime), translation);
        }
        catch (RegexParseException)
        {
            throw new NotSupportedException("it is not well-formed");
        }
    }

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int Length)> matches, CancellationToken cancellation)
    {
        var asIs = !text.ContainsAnyInRange('\uD800', '\uDFFF');
        var shown = asIs ? text : Show(text);
        var started = Stopwatch.GetTimestamp();
        var (at, atShown, last) = (0, 0, -1);
        try
        {
            foreach (var match in _regex.EnumerateMatches(shown))
            {
                if (match.Length == 0 && match.Index == last)
                {
                    continue; // As in Oniguruma: nothing is no match right behind another.
                }

                last = match.Index + match.Length;
                at = Advance(text, at, match.Index - atShown, asIs);
                var end = Advance(text, at, match.Length, asIs);
                matches.Add((at, end - at));
                (at, atShown) = (end, last);
                if ((matches.Count & 0xFF) == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (Stopwatch.GetElapsedTime(started) > TextTime)
                    {
                        throw TooSlow(null);
                    }
                }
            }
        }
        catch (RegexMatchTimeoutException error)
        {
            throw TooSlow(error);
        }
    }

    // Some characters further; where the text was shown as it is, each is a code unit.
    private static int Advance(ReadOnlySpan<char> text, int from, int points, bool asIs)
    {
        if (asIs)
        {
            return from + points;
        }

        for (; points > 0; points--)
        {
            from += char.IsHighSurrogate(text[from]) ? 2 : 1;
        }

        return from;
    }

    private static TokenizationException TooSlow(Exception? inner) => new("the vocabulary's pattern takes too long on this text", inner);

    private string Show(ReadOnlySpan<char> text)
    {
        var shown = new StringBuilder(text.Length);
        for (int at = 0, units; at < text.Length; at += units)
        {
            var point = CodePoints.At(text, at, out units);
            shown.Append(units == 1 ? (char)point : CharacterKinds.IsLetterSymbol(point) ? LetterSymbol : _standIns.GetOrAdd((CharacterKinds.Category(point), Signature(point)), FindStandIn));
        }

        return shown.ToString();
    }

    private int Signature(int point)
    {
        if (_translation.Scripts.Count == 0)
        {
            return 0;
        }

        var script = Unicode.Scripts.Of(point);
        for (var at = 0; at < _translation.Scripts.Count; at++)
        {
            if (_translation.Scripts[at] == script)
            {
                return at + 1;
            }
        }

        return 0;
    }

    private char FindStandIn((UnicodeCategory Category, int Scripts) wanted)
    {
        var found = '\uFFFF';
        for (var unit = 0x100; unit < 0xFFFF; unit++)
        {
            if (char.GetUnicodeCategory((char)unit) == wanted.Category && !CharacterKinds.IsLetterSymbol(unit) && !_translation.Literals.Any(range => unit >= range.First && unit <= range.Last))
            {
                if (Signature(unit) == wanted.Scripts)
                {
                    return (char)unit;
                }

                found = found == '\uFFFF' ? (char)unit : found;
            }
        }

        return found; // No character of the plane is like it: its category decides.
    }
}
