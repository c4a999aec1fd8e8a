using System.Runtime.InteropServices;
using GenAiLab.Models.Tokenization.Text;

namespace GenAiLab.Models.Tokenization.Unicode;

/// <summary>
/// The four normalization forms (UAX 15). The tables are those of Unicode 9.0, which the reference has; Hangul is
/// computed. Its own implementation because string.Normalize does nothing under InvariantGlobalization.
/// </summary>
/// <param name="compatible">NFKC and NFKD, not NFC and NFD.</param>
/// <param name="compose">NFC and NFKC, not NFD and NFKD.</param>
internal sealed class UnicodeNormalizer(bool compatible, bool compose)
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Tails = 28;
    private const int None = -1;

    // Below it a text is normalized already: no mark, and no character that decomposes or composes.
    private readonly char _first = compose && !compatible ? '\u0300' : compatible ? '\u00A0' : '\u00C0';

    /// <summary>Normalizes a text; what is composed keeps the place of the first of its parts, as in the reference.</summary>
    public void Normalize(AlignedText text, CancellationToken cancellation)
    {
        if (!text.Letters.ContainsAnyInRange(_first, '\uFFFF'))
        {
            return;
        }

        text.BeginRewrite();
        var run = new List<(int Point, int Change, byte Class)>();
        for (var at = 0; at < text.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            // A plain character may still compose with what follows it.
            var found = text.Letters[at..].IndexOfAnyInRange(_first, '\uFFFF');
            var start = found < 0 ? text.Length : at + Math.Max(0, found - 1);
            text.Copy(at, start);
            at = found < 0 ? text.Length : at + found + 1;
            while (at < text.Length && text.Letters[at] >= _first)
            {
                at++;
            }

            Rewrite(text, start, at, run);
        }

        text.EndRewrite();
    }

    /// <summary>The normal form of a text.</summary>
    public string Normalize(string value)
    {
        var text = new AlignedText();
        text.Reset(value, 0, keepPlaces: false);
        Normalize(text, CancellationToken.None);
        return text.Letters.ToString();
    }

    private static byte ClassOf(int point) => point < 0x300 ? (byte)0 : UnicodeTables.Instance.CombiningClasses.GetValueOrDefault(point);

    private static int Composed(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            return HangulBase + ((((first - LeadBase) * Vowels) + (second - VowelBase)) * Tails);
        }

        if (first is >= HangulBase and < HangulBase + (Leads * Vowels * Tails) && (first - HangulBase) % Tails == 0 && second is > TailBase and < TailBase + Tails)
        {
            return first + (second - TailBase);
        }

        return UnicodeTables.Instance.Compositions.GetValueOrDefault((first, second), None);
    }

    private void Rewrite(AlignedText text, int start, int end, List<(int Point, int Change, byte Class)> run)
    {
        run.Clear();
        for (int at = start, units; at < end; at += units)
        {
            Decompose(CodePoints.At(text.Letters, at, out units), run);
        }

        Order(run);
        if (compose)
        {
            Compose(run);
        }

        text.ReadFrom(start);
        foreach (var (point, change, _) in run)
        {
            text.Change(point, change);
        }
    }

    private void Decompose(int point, List<(int Point, int Change, byte Class)> run)
    {
        if (point is >= HangulBase and < HangulBase + (Leads * Vowels * Tails))
        {
            var syllable = point - HangulBase;
            run.Add((LeadBase + (syllable / (Vowels * Tails)), 0, 0));
            run.Add((VowelBase + (syllable % (Vowels * Tails) / Tails), 1, 0));
            if (syllable % Tails > 0)
            {
                run.Add((TailBase + (syllable % Tails), 1, 0));
            }

            return;
        }

        var tables = UnicodeTables.Instance;
        if (point < 0xA0 || !((compatible && tables.Compatible.TryGetValue(point, out var parts)) || tables.Canonical.TryGetValue(point, out parts)))
        {
            run.Add((point, 0, ClassOf(point)));
            return;
        }

        for (var part = 0; part < parts.Length; part++)
        {
            run.Add((parts[part], part > 0 ? 1 : 0, ClassOf(parts[part])));
        }
    }

    // Marks in the order of their classes; those of one class keep theirs.
    private static void Order(List<(int Point, int Change, byte Class)> run)
    {
        for (int start = 0, end; start < run.Count; start = end)
        {
            for (end = start + 1; end < run.Count && run[start].Class > 0 && run[end].Class > 0; end++)
            {
            }

            if (end - start > 1)
            {
                var ordered = run[start..end].OrderBy(static mark => mark.Class).ToList();
                for (var at = start; at < end; at++)
                {
                    run[at] = ordered[at - start];
                }
            }
        }
    }

    private static void Compose(List<(int Point, int Change, byte Class)> run)
    {
        var (written, starter, last) = (0, None, None);
        foreach (var item in CollectionsMarshal.AsSpan(run))
        {
            if (starter >= 0 && last < item.Class && Composed(run[starter].Point, item.Point) is not None and var composed)
            {
                run[starter] = (composed, run[starter].Change + item.Change - 1, 0);
                continue;
            }

            (starter, last) = item.Class == 0 ? (written, None) : (starter, item.Class);
            run[written++] = item;
        }

        run.RemoveRange(written, run.Count - written);
    }
}
