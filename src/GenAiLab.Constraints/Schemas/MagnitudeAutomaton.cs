using GenAiLab.Constraints.Automata;

namespace GenAiLab.Constraints.Schemas;

/// <summary>
/// Numbers without a sign between two bounds: for each number of digits before the point, digits are compared
/// with the bounds' one by one, as long as they are the same.
/// </summary>
internal sealed class MagnitudeAutomaton
{
    private readonly ByteNfa _nfa;
    private readonly int _end;
    private readonly bool _integer;
    private readonly (string Whole, string Fraction, bool Exclusive) _low;
    private readonly (string Whole, string Fraction, bool Exclusive)? _high;
    private readonly Dictionary<(int Length, int At, bool Low, bool High), int> _states = [];

    private MagnitudeAutomaton(ByteNfa nfa, int end, (ExactDecimal Value, bool Exclusive) low, (ExactDecimal Value, bool Exclusive)? high, bool integer)
    {
        (_nfa, _end, _integer) = (nfa, end, integer);
        var digits = low.Value.Digits();
        _low = (digits.Whole, digits.Fraction, low.Exclusive);
        if (high is { } top)
        {
            digits = top.Value.Digits();
            _high = (digits.Whole, digits.Fraction, top.Exclusive);
        }
    }

    /// <summary>Reads one number.</summary>
    /// <param name="nfa">The automaton.</param>
    /// <param name="from">Where.</param>
    /// <param name="end">Behind it.</param>
    /// <param name="low">The least, not below zero.</param>
    /// <param name="high">The largest; null: any. Nothing is read when it is below zero.</param>
    /// <param name="integer">Whether nothing stands behind the point.</param>
    public static void Read(ByteNfa nfa, int from, int end, (ExactDecimal Value, bool Exclusive) low, (ExactDecimal Value, bool Exclusive)? high, bool integer)
    {
        if (high?.Value < ExactDecimal.Zero)
        {
            return;
        }

        var automaton = new MagnitudeAutomaton(nfa, end, low, high, integer);
        for (var length = 1; length <= NumberAutomaton.Digits; length++)
        {
            // A number with fewer digits is smaller.
            if (length >= automaton._low.Whole.Length && !(length > automaton._high?.Whole.Length))
            {
                nfa.Silent(from, automaton.State(length, 0, length == automaton._low.Whole.Length, length == automaton._high?.Whole.Length));
            }
        }
    }

    // Before digit "at" of a number with so many digits before the point; low, high: the same as that bound so far.
    private int State(int length, int at, bool low, bool high)
    {
        var key = at >= length && !low && !high ? (-1, at - length, low, high) : (length, at, low, high);
        if (_states.TryGetValue(key, out var state))
        {
            return state;
        }

        state = _nfa.NewState();
        _states.Add(key, state);
        if (at >= length && IsWithin(at - length, low, high))
        {
            _nfa.Silent(state, _end);
        }

        if (at < length)
        {
            ReadDigit(state, length, at, low, high);
        }
        else if (at == length && !_integer)
        {
            ReadDigit(_nfa.Read(state, "."u8), length, at, low, high);
        }
        else if (at < length + NumberAutomaton.Digits && !_integer)
        {
            ReadDigit(state, length, at, low, high);
        }

        return state;
    }

    private void ReadDigit(int state, int length, int at, bool low, bool high)
    {
        var least = low ? Digit(_low.Whole, _low.Fraction, length, at) : '0';
        var largest = high ? Digit(_high!.Value.Whole, _high.Value.Fraction, length, at) : '9';
        if (at == 0 && length > 1 && least == '0')
        {
            least = '1';
        }

        for (var digit = least; digit <= largest; digit++)
        {
            // Digits between the borders lead to the same state.
            var last = digit;
            while (last < largest && !(low && digit == Digit(_low.Whole, _low.Fraction, length, at)) && !(high && last + 1 == largest))
            {
                last++;
            }

            var stillLow = low && digit == Digit(_low.Whole, _low.Fraction, length, at);
            _nfa.Move(state, (byte)digit, (byte)last, State(length, at + 1, stillLow, high && last == largest && digit == largest));
            digit = last;
        }
    }

    // Whether a number that ends behind so many digits of its fraction lies between the bounds.
    private bool IsWithin(int places, bool low, bool high) =>
        (!low || (!_low.Exclusive && !HasMore(_low.Fraction, places)))
        && (!high || !_high!.Value.Exclusive || HasMore(_high.Value.Fraction, places));

    private static bool HasMore(string fraction, int places) => fraction.AsSpan(Math.Min(places, fraction.Length)).ContainsAnyExcept('0');

    private static char Digit(string whole, string fraction, int length, int at) =>
        at < length ? whole[at] : at - length < fraction.Length ? fraction[at - length] : '0';
}
