using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace GenAiLab.Constraints.Schemas;

/// <summary>A decimal number without rounding: <paramref name="Unscaled"/> / 10^<paramref name="Scale"/>, as short as it can be written.</summary>
/// <param name="Unscaled">Its digits.</param>
/// <param name="Scale">Digits behind the decimal point; at least 0.</param>
internal readonly record struct ExactDecimal(BigInteger Unscaled, int Scale) : IComparable<ExactDecimal>
{
    private const int MaximumDigits = 400;

    public static ExactDecimal Zero => default;

    public bool IsInteger => Scale == 0;

    /// <summary>Reads a JSON number.</summary>
    /// <exception cref="ConstraintException">It is out of all proportion.</exception>
    public static ExactDecimal Parse(JsonElement value)
    {
        var text = value.GetRawText();
        var exponentAt = text.AsSpan().IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var exponent = 0;
        if (text.Length > MaximumDigits
            || (exponentAt >= 0 && !int.TryParse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            || Math.Abs((long)exponent) > MaximumDigits)
        {
            throw new ConstraintException($"the schema holds a number of more than {MaximumDigits} digits");
        }

        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var unscaled = BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return Of(unscaled, (point < 0 ? 0 : mantissa.Length - point - 1) - exponent);
    }

    public static ExactDecimal operator -(ExactDecimal value) => new(-value.Unscaled, value.Scale);

    public static bool operator <(ExactDecimal left, ExactDecimal right) => left.CompareTo(right) < 0;

    public static bool operator >(ExactDecimal left, ExactDecimal right) => left.CompareTo(right) > 0;

    public int CompareTo(ExactDecimal other)
    {
        var scale = Math.Max(Scale, other.Scale);
        return At(scale).CompareTo(other.At(scale));
    }

    /// <summary>Its value times 10^<paramref name="scale"/>, which is at least its own scale.</summary>
    public BigInteger At(int scale) => Unscaled * BigInteger.Pow(10, scale - Scale);

    /// <summary>Whether it is a whole multiple of another.</summary>
    public bool IsMultipleOf(ExactDecimal other)
    {
        var scale = Math.Max(Scale, other.Scale);
        return (At(scale) % other.At(scale)).IsZero;
    }

    /// <summary>Digits of its magnitude before and behind the decimal point.</summary>
    public (string Whole, string Fraction) Digits()
    {
        var digits = BigInteger.Abs(Unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        return (digits[..^Scale], digits[^Scale..]);
    }

    public override string ToString() => Scale == 0 ? $"{Unscaled}" : (Unscaled.Sign < 0 ? "-" : "") + string.Join('.', Digits().Whole, Digits().Fraction);

    private static ExactDecimal Of(BigInteger unscaled, int scale)
    {
        if (scale < 0)
        {
            return new ExactDecimal(unscaled * BigInteger.Pow(10, -scale), 0);
        }

        while (scale > 0 && (unscaled % 10).IsZero)
        {
            (unscaled, scale) = (unscaled / 10, scale - 1);
        }

        return new ExactDecimal(unscaled, scale);
    }
}
