using System.Numerics;
using GenAiLab.Constraints.Automata;
using GenAiLab.Constraints.Expressions;

namespace GenAiLab.Constraints.Schemas;

/// <summary>
/// Spellings of numbers: at most 16 digits before and 16 behind the decimal point. An exponent of at most two
/// digits only where nothing bounds the number; where something does, no minus before a zero.
/// </summary>
internal static class NumberAutomaton
{
    public const int Digits = 16;
    private const int MaximumRemainders = 20_000;
    private const string AnyInteger = "0|-?[1-9]\\d{0,15}";
    private const string AnyNumber = "-?(?:0|[1-9]\\d{0,15})(?:\\.\\d{1,16})?(?:[eE][+\\-]?\\d{1,2})?";

    public static ByteDfa Of(MergedSchema schema, bool integer, CompilationBudget budget)
    {
        var multiples = schema.MultiplesOf.ToList();
        if (schema.Minimum is null && schema.Maximum is null && multiples.Count == 0)
        {
            return RegexCompiler.Compile(integer ? AnyInteger : AnyNumber, TextEncoding.Plain, budget);
        }

        Check(schema, schema.Minimum?.Value, "minimum");
        Check(schema, schema.Maximum?.Value, "maximum");
        var numbers = Between(schema.Minimum, schema.Maximum, integer, budget);
        foreach (var multiple in multiples)
        {
            numbers = DfaProduct.And(numbers, Multiples(schema, multiple, integer), budget);
        }

        return numbers;
    }

    /// <summary>Whether some number lies between the bounds, however it is spelled.</summary>
    public static bool HasAny(MergedSchema schema, bool integer)
    {
        if (schema.Minimum is not var (minimum, above) || schema.Maximum is not var (maximum, below))
        {
            return true;
        }

        if (!integer)
        {
            return minimum < maximum || (minimum == maximum && !above && !below);
        }

        var first = Ceiling(minimum) + (above && minimum.IsInteger ? 1 : 0);
        var last = -Ceiling(-maximum) - (below && maximum.IsInteger ? 1 : 0);
        return first <= last;
    }

    private static BigInteger Ceiling(ExactDecimal value)
    {
        var quotient = BigInteger.DivRem(value.Unscaled, BigInteger.Pow(10, value.Scale), out var rest);
        return rest.Sign > 0 ? quotient + 1 : quotient;
    }

    private static void Check(MergedSchema schema, ExactDecimal? bound, string keyword)
    {
        if (bound?.Scale > Digits)
        {
            throw new ConstraintException($"the schema at {schema.Pointer}: {keyword} has more than {Digits} digits behind the decimal point");
        }
    }

    private static ByteDfa Between((ExactDecimal Value, bool Exclusive)? minimum, (ExactDecimal Value, bool Exclusive)? maximum, bool integer, CompilationBudget budget)
    {
        var nfa = new ByteNfa(budget);
        (nfa.Start, nfa.End) = (nfa.NewState(), nfa.NewState());

        // Not below zero: magnitudes from the minimum or zero on.
        var zero = (ExactDecimal.Zero, false);
        if (maximum is not { } top || !(top.Value < ExactDecimal.Zero))
        {
            MagnitudeAutomaton.Read(nfa, nfa.Start, nfa.End, minimum is { } low && low.Value > ExactDecimal.Zero ? low : minimum is { Exclusive: true, Value.Unscaled.IsZero: true } ? minimum.Value : zero, maximum, integer);
        }

        // Below zero: the bounds change places.
        if (minimum is not { } bottom || bottom.Value < ExactDecimal.Zero)
        {
            var minus = nfa.Read(nfa.Start, "-"u8);
            (ExactDecimal, bool) least = maximum is { } high && high.Value < ExactDecimal.Zero ? (-high.Value, high.Exclusive) : (ExactDecimal.Zero, true);
            MagnitudeAutomaton.Read(nfa, minus, nfa.End, least, minimum is { } lowest ? (-lowest.Value, lowest.Exclusive) : null, integer);
        }

        return SubsetConstruction.Determinize(nfa);
    }

    // Long division: a state is the remainder of the digits so far, and how many stood behind the point.
    private static ByteDfa Multiples(MergedSchema schema, ExactDecimal multiple, bool integer)
    {
        var places = integer ? 0 : multiple.Scale;
        var divisor = integer ? multiple.Unscaled / BigInteger.GreatestCommonDivisor(multiple.Unscaled, BigInteger.Pow(10, multiple.Scale)) : multiple.Unscaled;
        if (divisor * (places + 2) > MaximumRemainders)
        {
            throw new ConstraintException($"the schema at {schema.Pointer}: multipleOf {multiple} has too many digits to be supported");
        }

        // Classes: other, minus, point, digits from 3 on. States: 0 the start, 1 behind a minus, then by place and remainder.
        var modulus = (int)divisor;
        var classes = new byte[256];
        (classes['-'], classes['.']) = (1, 2);
        for (var digit = 0; digit < 10; digit++)
        {
            classes['0' + digit] = (byte)(3 + digit);
        }

        const int count = 13;
        var states = 2 + ((places + 2) * modulus);
        var next = new int[states * count];
        Array.Fill(next, -1);
        var accepts = new bool[states];
        next[1] = 1;
        for (var digit = 0; digit < 10; digit++)
        {
            next[3 + digit] = next[count + 3 + digit] = State(0, digit % modulus);
        }

        // Places: 0 before the point, 1 at the point, 1 + n behind n digits.
        for (var place = 0; place <= places + 1; place++)
        {
            for (var remainder = 0; remainder < modulus; remainder++)
            {
                var row = State(place, remainder) * count;
                accepts[State(place, remainder)] = place != 1 && (remainder * BigInteger.Pow(10, places - Math.Max(0, place - 1)) % modulus).IsZero;
                if (place == 0 && places > 0)
                {
                    next[row + 2] = State(1, remainder);
                }

                for (var digit = 0; digit < 10 && place <= places; digit++)
                {
                    next[row + 3 + digit] = State(place == 0 ? 0 : place + 1, (int)(((remainder * 10L) + digit) % modulus));
                }
            }
        }

        return new ByteDfa(classes, count, next, accepts);

        int State(int place, int remainder) => 2 + (place * modulus) + remainder;
    }
}
