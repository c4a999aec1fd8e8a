using System.Numerics.Tensors;

namespace GenAiLab.Media.Sounds;

/// <summary>
/// The envelopes that a codec knows, in steps of half a dB (vector quantisation; Gray 1984), learned by k-means (Lloyd 1957). Immutable.
/// </summary>
public sealed class EnvelopeCodebook
{
    private const float Step = 0.5f;
    private readonly float[][] _envelopes;
    private readonly float[] _halfSquares;

    /// <param name="steps">The envelopes, <see cref="SpeechAnalysis.Bands"/> bytes with sign each.</param>
    internal EnvelopeCodebook(ReadOnlySpan<byte> steps)
    {
        _envelopes = new float[steps.Length / SpeechAnalysis.Bands][];
        for (var code = 0; code < _envelopes.Length; code++)
        {
            _envelopes[code] = new float[SpeechAnalysis.Bands];
            for (var band = 0; band < SpeechAnalysis.Bands; band++)
            {
                _envelopes[code][band] = Step * (sbyte)steps[(code * SpeechAnalysis.Bands) + band];
            }
        }

        _halfSquares = [.. _envelopes.Select(static envelope => TensorPrimitives.SumOfSquares<float>(envelope) / 2)];
    }

    /// <summary>Envelopes.</summary>
    public int Count => _envelopes.Length;

    /// <summary>The envelope of a code, in dB.</summary>
    internal float[] this[int code] => _envelopes[code];

    /// <summary>The codebook that is nearest to the envelopes of sounds at 16,000 samples a second. The same sounds and seed give the same codebook.</summary>
    /// <param name="sounds">At least as many frames of sound as codes.</param>
    /// <param name="codes">Envelopes; one of them stands for silence.</param>
    /// <param name="seed">Which of them it starts from.</param>
    /// <param name="rounds">Of Lloyd's algorithm.</param>
    /// <exception cref="ArgumentException">There are too few frames.</exception>
    public static EnvelopeCodebook Learn(IEnumerable<float[]> sounds, int codes, int seed, int rounds)
    {
        float[][] frames = [.. sounds.SelectMany(static sound => SpeechAnalysis.Run(sound, CancellationToken.None))
            .Where(static frame => frame.Level > SpeechAnalysis.Silence).Select(static frame => frame.Envelope)];
        if (frames.Length < codes)
        {
            throw new ArgumentException($"{frames.Length:N0} frames are too few for {codes:N0} codes", nameof(sounds));
        }

        var random = new Random(seed);
        var order = Enumerable.Range(0, frames.Length).ToArray();
        random.Shuffle(order);
        var book = new EnvelopeCodebook(Quantise([SpeechAnalysis.Flat, .. order.Take(codes - 1).Select(at => frames[at])]));
        for (var round = 0; round < rounds; round++)
        {
            book = book.Improved(frames);
        }

        return book;
    }

    /// <summary>The code of the nearest envelope.</summary>
    internal int Nearest(ReadOnlySpan<float> envelope)
    {
        // ‖x − c‖² = ‖x‖² − 2 (x·c − ‖c‖²/2).
        var (best, most) = (0, float.NegativeInfinity);
        for (var code = 0; code < _envelopes.Length; code++)
        {
            var likeness = TensorPrimitives.Dot(envelope, _envelopes[code]) - _halfSquares[code];
            (best, most) = likeness > most ? (code, likeness) : (best, most);
        }

        return best;
    }

    /// <summary>What the constructor takes.</summary>
    internal byte[] ToBytes() => Quantise(_envelopes);

    private EnvelopeCodebook Improved(float[][] frames)
    {
        var (sums, counts) = (_envelopes.Select(static _ => new float[SpeechAnalysis.Bands]).ToArray(), new int[Count]);
        foreach (var frame in frames)
        {
            var code = Nearest(frame);
            counts[code]++;
            TensorPrimitives.Add(sums[code], frame, sums[code]);
        }

        // The first stands for silence; one that nothing is near to stays as it is.
        return new EnvelopeCodebook(Quantise([.. _envelopes.Select((envelope, code) =>
            code == 0 || counts[code] == 0 ? envelope : Array.ConvertAll(sums[code], sum => sum / counts[code]))]));
    }

    private static byte[] Quantise(IReadOnlyList<float[]> envelopes) =>
        [.. envelopes.SelectMany(static envelope => envelope).Select(static decibels => (byte)(sbyte)Math.Clamp(MathF.Round(decibels / Step), sbyte.MinValue, sbyte.MaxValue))];
}
