namespace GenAiLab.Experiments.Coding;

/// <summary>
/// Arithmetic coding with integers (Witten, Neal and Cleary 1987): a message as one number whose length is the sum of
/// −log2 of its symbols' shares, and two bits.
/// </summary>
internal static class ArithmeticCode
{
    /// <summary>Bits of the interval's bounds.</summary>
    public const int Precision = 32;

    /// <summary>All frequencies of a symbol's place add up to at most this: four intervals must stay apart.</summary>
    public const uint MaximumTotal = 1u << (Precision - 2);

    internal const ulong Top = (1ul << Precision) - 1;
    internal const ulong Half = 1ul << (Precision - 1);
    internal const ulong Quarter = 1ul << (Precision - 2);
}

/// <summary>Writes symbols.</summary>
internal sealed class ArithmeticEncoder
{
    private readonly List<bool> _bits = [];
    private ulong _low;
    private ulong _high = ArithmeticCode.Top;
    private int _pending;

    /// <summary>Adds a symbol whose share is <paramref name="frequency"/> of <paramref name="total"/>.</summary>
    /// <param name="before">The frequencies of the symbols before it.</param>
    /// <param name="frequency">At least 1.</param>
    /// <param name="total">At most <see cref="ArithmeticCode.MaximumTotal"/>.</param>
    public void Encode(uint before, uint frequency, uint total)
    {
        var range = _high - _low + 1;
        _high = _low + (range * (before + frequency) / total) - 1;
        _low += range * before / total;
        while (true)
        {
            if (_high < ArithmeticCode.Half)
            {
                Emit(false);
            }
            else if (_low >= ArithmeticCode.Half)
            {
                Emit(true);
                (_low, _high) = (_low - ArithmeticCode.Half, _high - ArithmeticCode.Half);
            }
            else if (_low >= ArithmeticCode.Quarter && _high < 3 * ArithmeticCode.Quarter)
            {
                _pending++;
                (_low, _high) = (_low - ArithmeticCode.Quarter, _high - ArithmeticCode.Quarter);
            }
            else
            {
                return;
            }

            (_low, _high) = (_low << 1, (_high << 1) | 1);
        }
    }

    /// <summary>Ends the message.</summary>
    /// <returns>Its bits, the first bit of a byte highest.</returns>
    public byte[] Finish()
    {
        _pending++;
        Emit(_low >= ArithmeticCode.Quarter);
        var bytes = new byte[(_bits.Count + 7) / 8];
        for (var at = 0; at < _bits.Count; at++)
        {
            bytes[at / 8] |= (byte)(_bits[at] ? 0x80 >> (at % 8) : 0);
        }

        return bytes;
    }

    private void Emit(bool bit)
    {
        _bits.Add(bit);
        for (; _pending > 0; _pending--)
        {
            _bits.Add(!bit);
        }
    }
}

/// <summary>Reads symbols.</summary>
internal sealed class ArithmeticDecoder
{
    private readonly byte[] _bytes;
    private int _at;
    private ulong _low;
    private ulong _high = ArithmeticCode.Top;
    private ulong _value;

    /// <param name="bytes">What an encoder finished; read with zeros after its end.</param>
    public ArithmeticDecoder(byte[] bytes)
    {
        _bytes = bytes;
        for (var bit = 0; bit < ArithmeticCode.Precision; bit++)
        {
            _value = (_value << 1) | Next();
        }
    }

    /// <summary>The next symbol, given the frequencies of all symbols, in their order.</summary>
    public int Decode(ReadOnlySpan<uint> frequencies)
    {
        ulong total = 0;
        foreach (var frequency in frequencies)
        {
            total += frequency;
        }

        var range = _high - _low + 1;
        var place = (((_value - _low + 1) * total) - 1) / range;
        ulong before = 0;
        var symbol = 0;
        while (before + frequencies[symbol] <= place)
        {
            before += frequencies[symbol++];
        }

        _high = _low + (range * (before + frequencies[symbol]) / total) - 1;
        _low += range * before / total;
        while (true)
        {
            ulong shift;
            if (_high < ArithmeticCode.Half)
            {
                shift = 0;
            }
            else if (_low >= ArithmeticCode.Half)
            {
                shift = ArithmeticCode.Half;
            }
            else if (_low >= ArithmeticCode.Quarter && _high < 3 * ArithmeticCode.Quarter)
            {
                shift = ArithmeticCode.Quarter;
            }
            else
            {
                return symbol;
            }

            (_low, _high, _value) = ((_low - shift) << 1, ((_high - shift) << 1) | 1, ((_value - shift) << 1) | Next());
        }
    }

    private ulong Next()
    {
        var bit = _at / 8 < _bytes.Length ? (ulong)(_bytes[_at / 8] >> (7 - (_at % 8))) & 1 : 0;
        _at++;
        return bit;
    }
}
