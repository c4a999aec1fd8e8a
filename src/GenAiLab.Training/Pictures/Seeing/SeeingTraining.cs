using GenAiLab.Media.Pictures;
using GenAiLab.Models.Onnx;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Pictures.Seeing;

/// <summary>A picture, or the frames of a film, with the index of the label.</summary>
/// <param name="Frames">One, or as many as the classifier takes; of the artist's size.</param>
/// <param name="Label">Index of the logit.</param>
public sealed record LabelledPicture(IReadOnlyList<Picture> Frames, int Label);

/// <summary>Trains a classifier of pictures, or of films, whose frames are so many more channels of one picture.</summary>
/// <param name="options">What decides the result.</param>
/// <param name="labels">Names of the labels, by index of the logit.</param>
/// <param name="frames">Frames of a film; null for pictures.</param>
public sealed class SeeingTraining(SeeingOptions options, IReadOnlyList<string> labels, int? frames = null)
{
    private const int Colours = 3;
    private readonly SeeingModel _model = new(options, Colours * (frames ?? 1), labels.Count);

    /// <summary>Number of weights.</summary>
    public int ParameterCount => FlatParameters.Length(_model.Parameters);

    /// <summary>Trains to the end.</summary>
    /// <param name="pictures">Pictures without end, or at least steps × batch of them.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is kept.</param>
    /// <returns>Every weight by name.</returns>
    public IReadOnlyDictionary<string, float[]> Run(IEnumerable<LabelledPicture> pictures, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (batch, constants) = (options.BatchSize, new AdamWConstants());
        var (pixels, targets) = (new float[batch * PixelCount], new long[batch]);
        using var session = new TrainingSession(
            BuildGraph(constants),
            new Dictionary<string, (Array, long[])>
            {
                ["pixels"] = (pixels, [batch, Channels, Artist.Side, Artist.Side]),
                ["targets"] = (targets, [batch]),
            },
            InitialWeights(), constants, options.Threads);
        using var next = pictures.GetEnumerator();
        var schedule = new LearningRateSchedule(options.LearningRate, options.WarmUpSteps, options.Steps);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (session.Step < options.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < batch && next.MoveNext(); row++)
            {
                Spread(next.Current.Frames, pixels.AsSpan(row * PixelCount, PixelCount));
                targets[row] = next.Current.Label;
            }

            var rate = schedule.At(session.Step);
            var (loss, _) = session.Run(rate);
            var seconds = watch.Elapsed.TotalSeconds;
            progress?.Report(new TrainingProgress(
                session.Step, options.Steps, loss, null, rate, session.Step * batch / seconds, TimeSpan.FromSeconds((options.Steps - session.Step) * seconds / session.Step)));
        }

        return FlatParameters.Unpack(session.Parameters, _model.Parameters);
    }

    /// <summary>
    /// The serving graph by Optimum's convention: <c>pixel_values</c> [1, 3, side, side] in [−1, 1] in, of films [1, frames, 3, side, side];
    /// <c>logits</c> [1, labels] out.
    /// </summary>
    public ModelProto ServingGraph(IReadOnlyDictionary<string, float[]> weights)
    {
        var graph = new TensorGraph();
        var pixels = frames is { } count
            ? graph.Reshape(graph.Input("pixel_values", 1, count, Colours, Artist.Side, Artist.Side), 1, Channels, Artist.Side, Artist.Side)
            : graph.Input("pixel_values", 1, Channels, Artist.Side, Artist.Side);
        var constants = _model.Parameters.ToDictionary(static item => item.Name, item => graph.Constant(item.Name, weights[item.Name], item.Shape));
        graph.Output("logits", _model.Logits(graph, constants, pixels, batch: 1));
        return graph.Onnx.Build();
    }

    private int Channels => Colours * (frames ?? 1);

    private int PixelCount => Channels * Artist.Side * Artist.Side;

    /// <summary>Pictures as the graph takes them: one after the other, channel by channel, each value in [−1, 1].</summary>
    internal static void Spread(IReadOnlyList<Picture> pictures, Span<float> pixels)
    {
        foreach (var picture in pictures)
        {
            var plane = picture.Width * picture.Height;
            for (var at = 0; at < plane; at++)
            {
                for (var colour = 0; colour < Colours; colour++)
                {
                    pixels[(colour * plane) + at] = (picture.Rgb[(Colours * at) + colour] / 127.5f) - 1;
                }
            }

            pixels = pixels[(Colours * plane)..];
        }
    }

    private Google.Protobuf.IMessage BuildGraph(AdamWConstants constants)
    {
        var (graph, batch, specifications) = (new TensorGraph(), options.BatchSize, _model.Parameters);
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var pixels = graph.Input("pixels", batch, Channels, Artist.Side, Artist.Side);
        var targets = graph.IndexInput("targets", batch);
        var weights = FlatParameters.Slice(graph, parameters, specifications);
        var mask = graph.Constant("loss_mask", [.. Enumerable.Repeat(1f, batch)], batch);
        var loss = graph.CrossEntropy(_model.Logits(graph, weights, pixels, batch), targets, mask);
        AdamWGraph.Append(graph, parameters, weights, specifications, loss, constants);
        return graph.Onnx.Build();
    }

    private float[] InitialWeights()
    {
        var random = new Random(options.Seed);
        return
        [
            .. _model.Parameters.SelectMany(item => Enumerable.Range(0, item.Length).Select(_ => item switch
            {
                // Uniform, of the deviation that keeps the size of what a rectifier passes on (He et al. 2015, arXiv:1502.01852).
                { Decayed: true } => (float)((random.NextDouble() - 0.5) * 2 * Math.Sqrt(6.0 / (item.Shape.Length == 4 ? item.Length / item.Shape[0] : item.Shape[0]))),
                _ => 0f,
            })),
        ];
    }
}
