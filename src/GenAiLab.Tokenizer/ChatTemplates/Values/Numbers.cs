using System.Globalization;
using System.Numerics;
using GenAiLab.Tokenizer.ChatTemplates.Rendering;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>Integers, floating-point numbers and booleans, which count as 0 and 1, as one kind.</summary>
internal static class Numbers
{
    /// <summary>Python's limit on what int() reads.</summary>
    public const int MaximumDigits = 4300;

    public static bool IsNumber(TemplateValue value) => value is NumberValue or DecimalValue or TruthValue;

    /// <summary>Whether the digits of a number are the template's.</summary>
    public static bool IsTrusted(TemplateValue number) => number switch
    {
        NumberValue integer => integer.IsTrusted,
        DecimalValue real => real.IsTrusted,
        _ => true,
    };

    /// <summary>An integer or boolean; null: something else.</summary>
    public static BigInteger? Integer(TemplateValue value) => value switch
    {
        NumberValue number => number.Value,
        TruthValue truth => truth.Value ? BigInteger.One : BigInteger.Zero,
        _ => null,
    };

    /// <summary>A number's nearest floating-point number; null: no number.</summary>
    public static double? Real(TemplateValue value) => value is DecimalValue number ? number.Value : (double?)Integer(value);

    /// <summary>Their order; null where one is no number by IEEE 754.</summary>
    public static int? Compare(TemplateValue left, TemplateValue right)
    {
        if (Integer(left) is { } a && Integer(right) is { } b)
        {
            return a.CompareTo(b);
        }

        var (x, y) = (Real(left)!.Value, Real(right)!.Value);
        if (double.IsNaN(x) || double.IsNaN(y))
        {
            return null;
        }

        // An integer beyond 53 bits is compared as it is, not as what it rounds to.
        return double.IsInfinity(x) || double.IsInfinity(y) || x != y ? x.CompareTo(y) : Whole(left).CompareTo(Whole(right));

        static BigInteger Whole(TemplateValue value) => Integer(value) ?? new BigInteger(((DecimalValue)value).Value);
    }

    /// <summary>An integer, if it is not too long.</summary>
    /// <exception cref="TemplateRenderException">It is.</exception>
    public static NumberValue Of(BigInteger value, bool trusted = true) => value.GetBitLength() <= NumberValue.MaximumBits
        ? new NumberValue(value, trusted)
        : throw new TemplateRenderException($"an integer of more than {NumberValue.MaximumBits:N0} bits");

    /// <summary>What Python's int() reads, in a base of 2 to 36, or 0: by the prefix. Null: nothing.</summary>
    public static BigInteger? ParseInteger(string text, int numberBase)
    {
        var digits = text.AsSpan().Trim();
        var negative = digits.StartsWith('-');
        digits = negative || digits.StartsWith('+') ? digits[1..] : digits;
        if (digits.Length > 1 && digits[0] == '0' && Prefix(digits[1]) is { } prefix && (numberBase == 0 || numberBase == prefix))
        {
            numberBase = prefix;
            digits = digits[2..].StartsWith('_') ? digits[3..] : digits[2..];
        }
        else if (numberBase == 0)
        {
            numberBase = digits.StartsWith('0') && digits.ContainsAnyInRange('1', '9') ? 2 : 10; // 012 is refused.
        }

        if (digits.Length is 0 or > MaximumDigits || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal))
        {
            return null;
        }

        // Several digits at a time: each step costs what the whole is long.
        var (value, part, scale) = (BigInteger.Zero, 0L, 1L);
        foreach (var character in digits)
        {
            var digit = character == '_' ? 0 : Digit(character);
            if (digit < 0 || digit >= numberBase)
            {
                return null;
            }

            if (character != '_')
            {
                (part, scale) = ((part * numberBase) + digit, scale * numberBase);
            }

            if (scale > int.MaxValue)
            {
                (value, part, scale) = ((value * scale) + part, 0, 1);
            }
        }

        value = (value * scale) + part;
        return negative ? -value : value;

        static int? Prefix(char letter) => (letter | ' ') switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => null };
        static int Digit(char character) => char.IsAsciiLetter(character) ? (character | ' ') - 'a' + 10 : CharUnicodeInfo.GetDecimalDigitValue(character);
    }

    /// <summary>What Python's float() reads. Null: nothing.</summary>
    public static double? ParseReal(string text)
    {
        var number = text.AsSpan().Trim();
        var unsigned = number.StartsWith('-') || number.StartsWith('+') ? number[1..] : number;
        if (unsigned.Equals("inf", StringComparison.OrdinalIgnoreCase) || unsigned.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            return number[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (unsigned.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            return double.NaN;
        }

        var digits = number.ToString();
        for (var at = 0; at < digits.Length; at++)
        {
            // Between two digits, an underscore counts for nothing.
            if (digits[at] == '_' && (at == 0 || at + 1 == digits.Length || !char.IsAsciiDigit(digits[at - 1]) || !char.IsAsciiDigit(digits[at + 1])))
            {
                return null;
            }
        }

        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(digits.Replace("_", "", StringComparison.Ordinal), Styles, CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}
