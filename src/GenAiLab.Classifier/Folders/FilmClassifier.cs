using GenAiLab.Classifier.Images;
using GenAiLab.Media;
using GenAiLab.Media.Films;
using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Classifier.Folders;

/// <summary>A classifier of films: pixel_values [batch, frames, 3, height, width], in single or half precision.</summary>
internal sealed class FilmClassifier : ClassifierModel
{
    private const int Rank = 5;
    private const int MaximumFrames = 64;

    // Of all frames of a film: 48 MiB of numbers.
    private const int MaximumPixels = 1 << 22;

    private readonly ImageSteps _steps;
    private readonly int _batch;
    private readonly bool _half;

    private FilmClassifier(string name, ClassifierConfig config, ClassifierGraph graph, ImageSteps steps, int frames)
        : base(name, config.Labels, config.Exclusive, graph)
    {
        var input = graph.Inputs[ImageClassifier.PixelValues];
        (_steps, Frames) = (steps, frames);
        _batch = Math.Max(1, input.Dimensions[0]);
        _half = input.ElementDataType == TensorElementType.Float16;
    }

    /// <summary>What the model sees of a frame, in pixels.</summary>
    public ImageSize Size => _steps.Size!.Value;

    /// <summary>How many frames it sees.</summary>
    public int Frames { get; }

    /// <summary>Whether a graph takes films rather than images.</summary>
    public static bool IsFilm(ClassifierGraph graph) => graph.Inputs.TryGetValue(ImageClassifier.PixelValues, out var input)
        && input.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR && input.Dimensions.Length == Rank;

    /// <summary>Checks the graph's input against what the folder's files say of films, and runs it once.</summary>
    /// <exception cref="ModelFolderException">They don't fit, or it cannot be run.</exception>
    public static FilmClassifier Open(string folder, ClassifierConfig config, ClassifierGraph graph)
    {
        var steps = PreprocessorConfig.ReadOfFilm(folder);
        var (size, dimensions) = (steps.Size!.Value, CheckInput(graph));

        // A graph of any number of frames is one of any size of the table of their places, which only config.json tells.
        var frames = dimensions[1] != -1 ? dimensions[1] : FolderJson.Read(folder, ClassifierConfig.FileName).Number("num_frames", 1, MaximumFrames);
        if ((dimensions[3] != -1 && dimensions[3] != size.Height) || (dimensions[4] != -1 && dimensions[4] != size.Width))
        {
            throw new ModelFolderException(
                PreprocessorConfig.FileName, $"frames become {size.Width} by {size.Height} pixels, but the graph takes {Describe(dimensions[4])} by {Describe(dimensions[3])}");
        }

        if (frames > MaximumFrames || (long)frames * size.Width * size.Height > MaximumPixels)
        {
            throw graph.Refuse($"sees {frames:N0} frames of {size.Width} by {size.Height} pixels; at most {MaximumFrames} and {MaximumPixels:N0} pixels in all");
        }

        var model = new FilmClassifier(Path.GetFileName(folder), config, graph, steps, frames);
        graph.Try(cancellation => model.Run(new float[model.Length], cancellation));
        return model;
    }

    /// <summary>The numbers that the graph sees of a film: [frames, 3, height, width].</summary>
    /// <exception cref="UnreadableMediaException">A frame is broken, or cannot be scaled as it should.</exception>
    public float[] Prepare(EncodedFilm film, CancellationToken cancellation)
    {
        var (values, at) = (new float[Length], 0);
        foreach (var frame in film.Frames(Frames, cancellation))
        {
            ImagePreprocessor.Run(frame.Pixels.Span, new ImageSize(frame.Width, frame.Height), _steps, cancellation).CopyTo(values, at);
            at += values.Length / Frames;
        }

        return values;
    }

    /// <summary>The logits of a prepared film, one for each label.</summary>
    public float[] Run(float[] pixels, CancellationToken cancellation)
    {
        long[] shape = [_batch, Frames, 3, Size.Height, Size.Width];

        // A graph of a fixed batch gets the film in its first row, and black ones.
        var rows = pixels;
        Array.Resize(ref rows, _batch * pixels.Length);
        using var value = _half
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(rows, static pixel => (Float16)pixel), shape)
            : OrtValue.CreateTensorValueFromMemory(rows, shape);
        return Graph.Run([ImageClassifier.PixelValues], [value], cancellation);
    }

    private int Length => 3 * Frames * Size.Width * Size.Height;

    private static int[] CheckInput(ClassifierGraph graph)
    {
        if (graph.Inputs.Count != 1)
        {
            throw graph.Refuse($"of a film model {ImageClassifier.PixelValues} must be the only input");
        }

        var input = graph.Inputs[ImageClassifier.PixelValues];
        return input.ElementDataType is TensorElementType.Float or TensorElementType.Float16
            && input.Dimensions is [var batch, not 0, -1 or 3, _, _] && (batch == -1 || batch is >= 1 and <= ClassifierGraph.MaximumBatch)
            ? input.Dimensions
            : throw graph.Refuse($"{ImageClassifier.PixelValues} must be a tensor [batch, frames, 3, height, width] of floats");
    }

    private static string Describe(int length) => length == -1 ? "any" : $"{length}";
}
