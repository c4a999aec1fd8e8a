namespace GenAiLab.Models.Quantization;

/// <summary>A matrix [rows = outputs, columns = inputs] in few bits, symmetric around zero.</summary>
/// <param name="Values">Blocks: [outputs, blocks, block × bits / 8], low nibble first, zero at 2^(bits−1). Columns: [outputs, inputs] signed.</param>
/// <param name="Scales">[outputs, blocks], or [outputs].</param>
public sealed record QuantizedMatrix(byte[] Values, float[] Scales)
{
    /// <summary>Quantises blocks of inputs as MatMulNBits wants them.</summary>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K; the last block is filled up with zeros.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="block">Weights per scale.</param>
    public static QuantizedMatrix Blockwise(float[] weights, int outputs, int inputs, int bits, int block)
    {
        var blocks = (inputs + block - 1) / block;
        var bytes = block * bits / 8;
        var values = new byte[(long)outputs * blocks * bytes];
        var scales = new float[outputs * blocks];
        Parallel.For(0, outputs, output =>
        {
            for (var at = 0; at < blocks; at++)
            {
                var from = weights.AsSpan((output * inputs) + (at * block), Math.Min(block, inputs - (at * block)));
                var to = values.AsSpan(((output * blocks) + at) * bytes, bytes);
                scales[(output * blocks) + at] = bits == 8 ? Block8(from, to) : Block4(from, to);
            }
        });
        return new QuantizedMatrix(values, scales);
    }

    /// <summary>Quantises each output with one scale.</summary>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="largest">Magnitude of the largest weight as an integer, 1 to 127.</param>
    public static QuantizedMatrix Columnwise(float[] weights, int outputs, int inputs, int largest = sbyte.MaxValue)
    {
        var values = new byte[(long)outputs * inputs];
        var scales = new float[outputs];
        Parallel.For(0, outputs, output =>
        {
            var from = weights.AsSpan(output * inputs, inputs);
            scales[output] = Block8(from, values.AsSpan(output * inputs, inputs), largest);
            foreach (ref var value in values.AsSpan(output * inputs, inputs))
            {
                value ^= 0x80;
            }
        });
        return new QuantizedMatrix(values, scales);
    }

    private static float Block8(ReadOnlySpan<float> weights, Span<byte> values, int levels = sbyte.MaxValue)
    {
        float largest = 0;
        foreach (var weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        var scale = largest / levels;
        values.Fill(128);
        for (var at = 0; at < weights.Length && scale > 0; at++)
        {
            values[at] = (byte)(128 + (int)MathF.Round(weights[at] / scale));
        }

        return scale;
    }

    // The weight of largest magnitude takes the end of the range that has one more value.
    private static float Block4(ReadOnlySpan<float> weights, Span<byte> values)
    {
        float extreme = 0;
        foreach (var weight in weights)
        {
            extreme = Math.Abs(weight) > Math.Abs(extreme) ? weight : extreme;
        }

        var scale = extreme / -8;
        values.Fill(0x88);
        for (var at = 0; at < weights.Length && scale != 0; at++)
        {
            var value = Math.Clamp((int)MathF.Round(weights[at] / scale) + 8, 0, 15);
            values[at / 2] = (byte)(at % 2 == 0 ? (values[at / 2] & 0xF0) | value : (values[at / 2] & 0x0F) | (value << 4));
        }

        return scale;
    }
}
