namespace GenAiLab.Media.Sounds;

/// <summary>The discrete Fourier transform of a power of two of points (Cooley &amp; Tukey 1965), in place. Immutable, thread-safe.</summary>
internal sealed class FourierTransform
{
    private readonly int[] _reversed;
    private readonly double[] _cosine;
    private readonly double[] _sine;

    /// <param name="size">Points; a power of two.</param>
    public FourierTransform(int size)
    {
        if (size < 2 || !System.Numerics.BitOperations.IsPow2(size))
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, "must be a power of two");
        }

        Size = size;
        _reversed = new int[size];
        for (var at = 1; at < size; at++)
        {
            _reversed[at] = (_reversed[at >> 1] >> 1) | ((at & 1) * (size >> 1));
        }

        _cosine = [.. Enumerable.Range(0, size / 2).Select(at => Math.Cos(2 * Math.PI * at / size))];
        _sine = [.. Enumerable.Range(0, size / 2).Select(at => -Math.Sin(2 * Math.PI * at / size))];
    }

    /// <summary>Points.</summary>
    public int Size { get; }

    /// <summary>Σ x[n] e^(−2πi k n / size), in place of x.</summary>
    public void Forward(Span<double> real, Span<double> imaginary)
    {
        for (var at = 0; at < Size; at++)
        {
            var to = _reversed[at];
            if (to > at)
            {
                (real[at], real[to]) = (real[to], real[at]);
                (imaginary[at], imaginary[to]) = (imaginary[to], imaginary[at]);
            }
        }

        for (var half = 1; half < Size; half *= 2)
        {
            var stride = Size / (2 * half);
            for (var start = 0; start < Size; start += 2 * half)
            {
                for (var at = 0; at < half; at++)
                {
                    var (low, high) = (start + at, start + at + half);
                    var (cosine, sine) = (_cosine[at * stride], _sine[at * stride]);
                    var (x, y) = ((real[high] * cosine) - (imaginary[high] * sine), (real[high] * sine) + (imaginary[high] * cosine));
                    (real[high], imaginary[high]) = (real[low] - x, imaginary[low] - y);
                    (real[low], imaginary[low]) = (real[low] + x, imaginary[low] + y);
                }
            }
        }
    }

    /// <summary>The inverse, in place: what <see cref="Forward"/> was given.</summary>
    public void Inverse(Span<double> real, Span<double> imaginary)
    {
        // Real and imaginary part traded are the transform with the other sign.
        Forward(imaginary, real);
        for (var at = 0; at < Size; at++)
        {
            real[at] /= Size;
            imaginary[at] /= Size;
        }
    }
}
