using System.Globalization;
using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Values;

namespace GenAiLab.Tokenizer.ChatTemplates.Rendering;

/// <summary>How one value is formatted: what both of Python's notations can say.</summary>
internal sealed record FormatSpecification
{
    private const int MostDigits = 1000;

    /// <summary>&lt;, &gt;, ^ or =; null: numbers to the right, texts to the left.</summary>
    public char? Align { get; init; }

    public TextValue Fill { get; init; } = TextValue.Trusted(" ");

    /// <summary>'+' or ' ' before a number that is not negative; null: neither.</summary>
    public char? Sign { get; init; }

    /// <summary>Whether the base is written before an integer.</summary>
    public bool IsAlternate { get; init; }

    public int Width { get; init; }

    /// <summary>',' or '_' between thousands; null: nothing.</summary>
    public char? Grouping { get; init; }

    public int? Precision { get; init; }

    /// <summary>d, x, X, o, b, f, F, e, E, g, G, %; null: as the value is printed.</summary>
    public char? Type { get; init; }

    /// <summary>A text, cut to the precision and padded to the width.</summary>
    public TextValue Apply(TextValue text) =>
        Pad(Precision is { } most && most < text.CodePoints ? text.Slice(0, most) : text.AsPlain(), TextValue.Empty, isNumber: false);

    /// <summary>A number, by its type.</summary>
    /// <exception cref="TemplateRenderException">The type does not take it.</exception>
    public TextValue Apply(TemplateValue number)
    {
        var integer = Numbers.Integer(number);
        var isInteger = integer is not null && Type is null or 'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'b';
        if (Precision > MostDigits)
        {
            throw new TemplateRenderException($"a precision of more than {MostDigits:N0}");
        }

        if (isInteger && integer is null)
        {
            throw new TemplateRenderException($"the format '{Type}' does not take {number.Kind}");
        }

        var digits = isInteger ? Digits(BigInteger.Abs(integer!.Value)) : Digits(Numbers.Real(number)!.Value);
        var isNegative = isInteger ? integer!.Value.Sign < 0 : double.IsNegative(Numbers.Real(number)!.Value) && digits != "nan";
        var sign = isNegative ? "-" : Sign?.ToString() ?? "";
        var prefix = IsAlternate && isInteger && Type is 'x' or 'X' or 'o' or 'b' ? $"0{Type}" : "";
        var trusted = Numbers.IsTrusted(number);
        return Pad(TextValue.Of(Group(digits), trusted), TextValue.Of(sign + (IsAlternate ? prefix : ""), trusted), isNumber: true);
    }

    private string Digits(BigInteger value) => Type switch
    {
        'x' => value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0') is { Length: > 0 } hex ? hex : "0",
        'X' => value.ToString("X", CultureInfo.InvariantCulture).TrimStart('0') is { Length: > 0 } hex ? hex : "0",
        'o' => InBase(value, 3),
        'b' => InBase(value, 1),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private string Digits(double value)
    {
        value = Math.Abs(value);
        if (!double.IsFinite(value))
        {
            return (double.IsNaN(value) ? "nan" : "inf") + (Type == '%' ? "%" : "");
        }

        var digits = Precision ?? 6;
        var text = Type switch
        {
            'f' or 'F' => RealText.Fixed(value, digits),
            'e' or 'E' => RealText.Scientific(value, digits),
            'g' or 'G' => RealText.General(value, Math.Max(1, digits)),
            '%' => RealText.Fixed(value * 100, digits) + "%",
            null when Precision is null => RealText.Shortest(value),
            _ => throw new TemplateRenderException($"the format '{Type}' is not supported for a number"),
        };
        return Type is 'E' or 'G' ? text.ToUpperInvariant() : text;
    }

    private static string InBase(BigInteger value, int bits)
    {
        var digits = "";
        do
        {
            digits = (char)('0' + (int)(value & ((1 << bits) - 1))) + digits;
            value >>= bits;
        }
        while (!value.IsZero);

        return digits;
    }

    private string Group(string digits)
    {
        if (Grouping is not { } separator)
        {
            return digits;
        }

        var whole = digits.AsSpan().IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : digits.Length;
        var grouped = digits[whole..];
        for (; whole > 3; whole -= 3)
        {
            grouped = separator + digits[(whole - 3)..whole] + grouped;
        }

        return digits[..whole] + grouped;
    }

    private TextValue Pad(TextValue text, TextValue sign, bool isNumber)
    {
        if (Align == '=')
        {
            return sign.Append(TextPadding.Pad(text, Math.Max(0, Width - sign.CodePoints), Fill, atStart: true));
        }

        text = sign.Append(text);
        return (Align ?? (isNumber ? '>' : '<')) switch
        {
            '<' => TextPadding.Pad(text, Width, Fill, atStart: false),
            '>' => TextPadding.Pad(text, Width, Fill, atStart: true),
            _ => Centered(text),
        };
    }

    private TextValue Centered(TextValue text)
    {
        RenderBudget.LimitLength(Width);
        var missing = Math.Max(0, Width - text.CodePoints);
        return TextPadding.Repeat(Fill, missing / 2).Append(text).Append(TextPadding.Repeat(Fill, missing - (missing / 2)));
    }
}
