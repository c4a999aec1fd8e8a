using System.Numerics;

namespace GenAiLab.Tokenizer.ChatTemplates.Values;

internal sealed class TruthValue : TemplateValue
{
    public static readonly TruthValue True = new(true);
    public static readonly TruthValue False = new(false);

    private TruthValue(bool value) => Value = value;

    public bool Value { get; }

    public override bool IsTrue => Value;

    public override string Kind => "a boolean";

    public static TruthValue Of(bool value) => value ? True : False;
}

/// <summary>An integer of any size up to <see cref="MaximumBits"/>.</summary>
/// <param name="value">The integer.</param>
/// <param name="trusted">Whether its digits are the template's, not a caller's.</param>
internal sealed class NumberValue(BigInteger value, bool trusted = true) : TemplateValue
{
    /// <summary>As long as the 4,300 digits that Python reads and prints.</summary>
    public const int MaximumBits = 14_285;

    public BigInteger Value => value;

    public bool IsTrusted => trusted;

    public override bool IsTrue => !value.IsZero;

    public override string Kind => "an integer";
}

/// <summary>A floating-point number.</summary>
/// <param name="value">The number.</param>
/// <param name="trusted">Whether its digits are the template's, not a caller's.</param>
internal sealed class DecimalValue(double value, bool trusted = true) : TemplateValue
{
    public double Value => value;

    public bool IsTrusted => trusted;

    public override bool IsTrue => value != 0;

    public override string Kind => "a number";
}
