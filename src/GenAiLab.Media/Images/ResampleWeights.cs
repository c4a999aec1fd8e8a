namespace GenAiLab.Media.Images;

/// <summary>
/// What each pixel of a scaled row is made of: a run of source pixels with their weights. As PIL has it, a filter
/// is stretched when an image shrinks, so that every source pixel counts, and weights are fixed-point numbers.
/// </summary>
public sealed class ResampleWeights
{
    /// <summary>Bits after the point: 32 less 8 of a value less 2 for sums below 0 and above 1.</summary>
    public const int FractionBits = 22;

    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int[] _weights;
    private readonly int _stride;

    /// <param name="source">Length of a source row, in pixels.</param>
    /// <param name="target">Length of the scaled row, in pixels.</param>
    /// <param name="filter">Any but Nearest, which weighs nothing.</param>
    public ResampleWeights(int source, int target, ResampleFilter filter)
    {
        var scale = (double)source / target;
        var stretch = Math.Max(scale, 1);
        var support = Support(filter) * stretch;
        _stride = ((int)Math.Ceiling(support) * 2) + 1;
        (_starts, _counts, _weights) = (new int[target], new int[target], new int[checked(target * _stride)]);
        var exact = new double[_stride];
        for (var at = 0; at < target; at++)
        {
            var center = (at + 0.5) * scale;
            var start = Math.Max(0, (int)(center - support + 0.5));
            var count = Math.Min(source, (int)(center + support + 0.5)) - start;
            var total = 0.0;
            for (var tap = 0; tap < count; tap++)
            {
                exact[tap] = Evaluate(filter, (tap + start - center + 0.5) * (1 / stretch));
                total += exact[tap];
            }

            for (var tap = 0; tap < count; tap++)
            {
                var weight = total == 0 ? exact[tap] : exact[tap] / total;
                _weights[(at * _stride) + tap] = (int)((weight < 0 ? -0.5 : 0.5) + (weight * (1 << FractionBits)));
            }

            (_starts[at], _counts[at]) = (start, count);
        }
    }

    /// <summary>The first source pixel of a scaled pixel.</summary>
    public int Start(int at) => _starts[at];

    /// <summary>The weights of the source pixels from there on.</summary>
    public ReadOnlySpan<int> Weights(int at) => _weights.AsSpan(at * _stride, _counts[at]);

    private static double Support(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Box => 0.5,
        ResampleFilter.Bilinear or ResampleFilter.Hamming => 1,
        ResampleFilter.Bicubic => 2,
        ResampleFilter.Lanczos => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "it has no weights"),
    };

    private static double Evaluate(ResampleFilter filter, double x) => filter switch
    {
        ResampleFilter.Box => x is > -0.5 and <= 0.5 ? 1 : 0,
        ResampleFilter.Bilinear => Math.Max(0, 1 - Math.Abs(x)),
        ResampleFilter.Hamming => Math.Abs(x) < 1 ? Sinc(x) * (0.54f + (0.46f * Math.Cos(Math.Abs(x) * Math.PI))) : 0,
        ResampleFilter.Bicubic => Bicubic(Math.Abs(x)),
        _ => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0,
    };

    // Catmull and Rom's: the slope parameter is -1/2.
    private static double Bicubic(double x) => x switch
    {
        < 1 => (((1.5 * x) - 2.5) * x * x) + 1,
        < 2 => ((((x - 5) * x) + 8) * x - 4) * -0.5,
        _ => 0,
    };

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
