using System.Globalization;
using System.Text;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>A point in time by Python's strftime codes, with English names, as in the C locale.</summary>
internal static class TimeText
{
    private const int Longest = 1024;

    /// <param name="format">The template's own.</param>
    /// <param name="now">Local time.</param>
    /// <exception cref="TemplateRenderException">The format is long, or has a code that is not Python's.</exception>
    public static TextValue Format(TextValue format, DateTimeOffset now)
    {
        if (format.Text.Length > Longest)
        {
            throw new TemplateRenderException($"a time's format of more than {Longest:N0} characters");
        }

        var text = new StringBuilder();
        for (var at = 0; at < format.Text.Length; at++)
        {
            if (format.Text[at] != '%' || at + 1 == format.Text.Length)
            {
                text.Append(format.Text[at]);
                continue;
            }

            at++;
            var isBare = format.Text[at] == '-' && at + 1 < format.Text.Length; // Without the zero before it, as the C library has it.
            at += isBare ? 1 : 0;
            var part = Part(format.Text[at], now);
            text.Append(isBare && part.TrimStart('0', ' ') is { Length: > 0 } bare ? bare : isBare ? "0" : part);
        }

        return TextValue.Of(text.ToString(), format.IsWhollyTrusted);
    }

    private static string Part(char code, DateTimeOffset now) => code switch
    {
        'a' => Net("ddd", now),
        'A' => Net("dddd", now),
        'b' or 'h' => Net("MMM", now),
        'B' => Net("MMMM", now),
        'c' => $"{Net("ddd MMM", now)} {now.Day,2} {Net("HH:mm:ss yyyy", now)}",
        'C' => Two(now.Year / 100),
        'd' => Two(now.Day),
        'D' or 'x' => Net("MM/dd/yy", now),
        'e' => $"{now.Day,2}",
        'f' => Net("ffffff", now),
        'F' => Net("yyyy-MM-dd", now),
        'G' => $"{ISOWeek.GetYear(now.DateTime):0000}",
        'g' => Two(ISOWeek.GetYear(now.DateTime) % 100),
        'H' => Two(now.Hour),
        'I' => Two(TwelveHours(now)),
        'j' => $"{now.DayOfYear:000}",
        'k' => $"{now.Hour,2}",
        'l' => $"{TwelveHours(now),2}",
        'm' => Two(now.Month),
        'M' => Two(now.Minute),
        'n' => "\n",
        'p' => now.Hour < 12 ? "AM" : "PM",
        'P' => now.Hour < 12 ? "am" : "pm",
        'r' => $"{Two(TwelveHours(now))}{Net(":mm:ss", now)} {(now.Hour < 12 ? "AM" : "PM")}",
        'R' => Net("HH:mm", now),
        's' => now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'S' => Two(now.Second),
        't' => "\t",
        'T' or 'X' => Net("HH:mm:ss", now),
        'u' => $"{((int)now.DayOfWeek + 6) % 7 + 1}",
        'U' => Two((now.DayOfYear + 6 - (int)now.DayOfWeek) / 7),
        'V' => Two(ISOWeek.GetWeekOfYear(now.DateTime)),
        'w' => $"{(int)now.DayOfWeek}",
        'W' => Two((now.DayOfYear + 6 - (((int)now.DayOfWeek + 6) % 7)) / 7),
        'y' => Two(now.Year % 100),
        'Y' => now.Year.ToString(CultureInfo.InvariantCulture),
        'z' or 'Z' => "", // Transformers asks for a time that knows no zone.
        '%' => "%",
        _ => throw new TemplateRenderException($"the code '%{code}' of a time's format is not supported"),
    };

    private static int TwelveHours(DateTimeOffset now) => now.Hour % 12 == 0 ? 12 : now.Hour % 12;

    private static string Two(int number) => number.ToString("00", CultureInfo.InvariantCulture);

    private static string Net(string format, DateTimeOffset now) => now.ToString(format, CultureInfo.InvariantCulture);
}
