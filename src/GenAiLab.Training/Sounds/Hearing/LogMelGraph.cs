using GenAiLab.Media.Sounds;
using GenAiLab.Training.Autodiff;

namespace GenAiLab.Training.Sounds.Hearing;

/// <summary>
/// Samples as a picture of log-mel bands by time, within the graph, so that whoever serves it gives it samples and nothing else: a
/// convolution with cosines and sines under a Hann window is the short-time Fourier transform. None of it is learned.
/// </summary>
internal static class LogMelGraph
{
    /// <summary>Samples that are heard: a second.</summary>
    public const int Samples = SoundCodec.Rate;

    /// <summary>Mel bands.</summary>
    public const int Bands = 40;

    /// <summary>Moments, 12.5 ms from one to the next.</summary>
    public const int Moments = ((Samples - Window) / Step) + 1;

    private const int Window = 400;
    private const int Step = 200;
    private const int Points = 512;

    // Highest frequency of the bands in points of the transform; what is above need not be computed.
    private const int Frequencies = 249;

    // Noise of less than −70 dB is not heard.
    private const float Floor = 1e-7f;

    /// <summary>Emits the log-mel bands [batch, 1, <see cref="Bands"/>, <see cref="Moments"/>] of samples [batch, <see cref="Samples"/>], as Name → graph.</summary>
    public static Tensor Emit(TensorGraph graph, Tensor samples, int batch)
    {
        var onnx = graph.Onnx;
        var waves = onnx.Floats("front.waves", Waves(), 2 * Frequencies, 1, Window);
        var bands = onnx.Floats("front.bands", MelWeights(), Bands, Frequencies);
        var row = onnx.Node("Reshape", [samples.Name, onnx.Integers(batch, 1, Samples)]);
        var parts = onnx.Node("Conv", [row, waves], ("strides", (long[])[Step]));
        var squares = onnx.Node("Mul", [parts, parts]);
        var pairs = onnx.Node("Reshape", [squares, onnx.Integers(batch, 2, Frequencies, Moments)]);
        var power = onnx.Node("ReduceSum", [pairs, onnx.Integers(1)], ("keepdims", 0));
        var mel = onnx.Node("Add", [onnx.Node("MatMul", [bands, power]), onnx.Scalar(Floor)]);

        // About −1.6 to 1, and louder or softer by the same amount everywhere: the mean is taken away.
        var logarithm = onnx.Node("Mul", [onnx.Node("Log", [mel]), onnx.Scalar(0.2f)]);
        var mean = onnx.Node("ReduceMean", [logarithm, onnx.Integers(1, 2)], ("keepdims", 1));
        var picture = onnx.Node("Reshape", [onnx.Node("Sub", [logarithm, mean]), onnx.Integers(batch, 1, Bands, Moments)]);
        return new Tensor(picture, [batch, 1, Bands, Moments]);
    }

    // Cosines, then sines.
    private static float[] Waves()
    {
        var waves = new float[2 * Frequencies * Window];
        for (var frequency = 0; frequency < Frequencies; frequency++)
        {
            for (var at = 0; at < Window; at++)
            {
                var (angle, weight) = (2 * Math.PI * frequency * at / Points, (0.5 - (0.5 * Math.Cos(2 * Math.PI * (at + 0.5) / Window))) / Math.Sqrt(Window));
                waves[(frequency * Window) + at] = (float)(weight * Math.Cos(angle));
                waves[((Frequencies + frequency) * Window) + at] = (float)(weight * Math.Sin(angle));
            }
        }

        return waves;
    }

    private static float[] MelWeights() =>
        [.. new MelBands(Bands, Points, SoundCodec.Rate, lowest: 60, highest: 7_600).Weights.SelectMany(static band => band.Take(Frequencies)).Select(static weight => (float)weight)];
}
