using System.Globalization;
using System.Numerics;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

/// <summary>Floating-point numbers as Python spells and rounds them.</summary>
internal static class RealText
{
    /// <summary>The shortest text that reads back as the same number.</summary>
    public static string Shortest(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        // .NET finds the same digits as Python, but changes to an exponent elsewhere.
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture).AsSpan().TrimStart('-');
        var mark = shortest.IndexOf('E');
        var mantissa = (mark < 0 ? shortest : shortest[..mark]).ToString();
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa.Length : point;
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        var sign = text.StartsWith('-') ? "-" : "";
        if (digits.Length == 0)
        {
            return sign + "0.0";
        }

        var exponent = whole - leading - 1 + (mark < 0 ? 0 : int.Parse(shortest[(mark + 1)..], CultureInfo.InvariantCulture));
        return sign + exponent switch
        {
            < -4 or >= 16 => $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}",
            < 0 => $"0.{new string('0', -exponent - 1)}{digits}",
            _ when digits.Length <= exponent + 1 => $"{digits.PadRight(exponent + 1, '0')}.0",
            _ => $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}",
        };
    }

    /// <summary>With so many digits after the point, the exact value rounded half to even.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="digits">0 or more.</param>
    public static string Fixed(double value, int digits)
    {
        var scaled = BigInteger.Abs(Scale(value, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        var sign = double.IsNegative(value) ? "-" : "";
        return digits == 0 ? sign + scaled : $"{sign}{scaled[..^digits]}.{scaled[^digits..]}";
    }

    /// <summary>One digit, a point, so many digits, and an exponent: %e.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="digits">0 or more.</param>
    public static string Scientific(double value, int digits)
    {
        var (mantissa, exponent) = Significant(value, digits + 1);
        return $"{(double.IsNegative(value) ? "-" : "")}{mantissa[0]}{(digits > 0 ? "." : "")}{mantissa[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    /// <summary>So many significant digits, without zeros at the end, and an exponent only where the number is small or large: %g.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="digits">1 or more.</param>
    public static string General(double value, int digits)
    {
        var (_, exponent) = Significant(value, digits);
        if (exponent >= -4 && exponent < digits)
        {
            var text = Fixed(value, digits - 1 - exponent);
            return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
        }

        var scientific = Scientific(value, digits - 1);
        var mark = scientific.IndexOf('e', StringComparison.Ordinal);
        var mantissa = scientific[..mark];
        return (mantissa.Contains('.', StringComparison.Ordinal) ? mantissa.TrimEnd('0').TrimEnd('.') : mantissa) + scientific[mark..];
    }

    /// <summary>Python's round(value, digits).</summary>
    /// <param name="value">Any.</param>
    /// <param name="digits">Negative ones round to tens, hundreds and so on.</param>
    public static double Round(double value, int digits)
    {
        if (!double.IsFinite(value) || digits > 323)
        {
            return value;
        }

        if (digits < -308)
        {
            return Math.CopySign(0, value);
        }

        var rounded = double.Parse($"{Scale(value, digits)}E{-digits}", NumberStyles.Float, CultureInfo.InvariantCulture);
        return rounded == 0 ? Math.CopySign(0, value) : rounded;
    }

    /// <summary>An integer divided by a power of ten, rounded half to even.</summary>
    public static BigInteger Divide(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(BigInteger.Abs(numerator), denominator, out var rest);
        var order = (rest * 2).CompareTo(denominator);
        quotient += order > 0 || (order == 0 && !quotient.IsEven) ? 1 : 0;
        return numerator.Sign < 0 ? -quotient : quotient;
    }

    private static (string Digits, int Exponent) Significant(double value, int digits)
    {
        if (value == 0)
        {
            return (new string('0', digits), 0);
        }

        var exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        var text = Text();
        while (text.Length != digits)
        {
            exponent += text.Length - digits; // The logarithm, or rounding, missed it by one.
            text = Text();
        }

        return (text, exponent);

        string Text() => BigInteger.Abs(Scale(value, digits - 1 - exponent)).ToString(CultureInfo.InvariantCulture);
    }

    // value · 10^digits, rounded.
    private static BigInteger Scale(double value, int digits)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFFL;
        (mantissa, exponent) = exponent == 0 ? (mantissa, -1074) : (mantissa | (1L << 52), exponent - 1075);
        var numerator = new BigInteger(bits < 0 ? -mantissa : mantissa) * BigInteger.Pow(2, Math.Max(0, exponent)) * BigInteger.Pow(10, Math.Max(0, digits));
        return Divide(numerator, BigInteger.Pow(2, Math.Max(0, -exponent)) * BigInteger.Pow(10, Math.Max(0, -digits)));
    }
}
