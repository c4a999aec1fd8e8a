using GenAiLab.Classifier.Images;
using GenAiLab.Media.Images;
using GenAiLab.Models.Folders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Classifier.Folders;

/// <summary>A classifier of images: pixel_values [batch, 3, height, width], in single or half precision.</summary>
internal sealed class ImageClassifier : ClassifierModel
{
    /// <summary>What its graph's only input is called.</summary>
    public const string PixelValues = "pixel_values";

    private readonly ImageSteps _steps;
    private readonly int _batch;
    private readonly bool _half;

    private ImageClassifier(string name, ClassifierConfig config, ClassifierGraph graph, ImageSteps steps)
        : base(name, config.Labels, config.Exclusive, graph)
    {
        var input = graph.Inputs[PixelValues];
        _steps = steps;
        _batch = Math.Max(1, input.Dimensions[0]);
        _half = input.ElementDataType == TensorElementType.Float16;
    }

    /// <summary>What the model sees of an image, in pixels.</summary>
    public ImageSize Size => _steps.Size!.Value;

    /// <summary>Checks the graph's input against what preprocessor_config.json makes of images, and runs it once.</summary>
    /// <exception cref="ModelFolderException">They don't fit, or it cannot be run.</exception>
    public static ImageClassifier Open(string folder, ClassifierConfig config, ClassifierGraph graph)
    {
        var steps = PreprocessorConfig.Read(folder);
        CheckInput(graph, steps.Size!.Value);
        var model = new ImageClassifier(Path.GetFileName(folder), config, graph, steps);
        graph.Try(cancellation => model.Run(new float[3 * model.Size.Width * model.Size.Height], cancellation));
        return model;
    }

    /// <summary>The numbers that the graph sees of an image: [3, height, width].</summary>
    /// <exception cref="UnreadableImageException">It is broken, or cannot be scaled as it should.</exception>
    public float[] Prepare(EncodedImage image, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var decoded = image.Decode();
        return ImagePreprocessor.Run(decoded, _steps, cancellation);
    }

    /// <summary>The logits of a prepared image, one for each label.</summary>
    public float[] Run(float[] pixels, CancellationToken cancellation)
    {
        long[] shape = [_batch, 3, Size.Height, Size.Width];
        // A graph of a fixed batch gets the image in its first row, and black ones.
        var rows = pixels;
        Array.Resize(ref rows, _batch * pixels.Length);
        using var value = _half
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(rows, static pixel => (Float16)pixel), shape)
            : OrtValue.CreateTensorValueFromMemory(rows, shape);
        return Graph.Run([PixelValues], [value], cancellation);
    }

    private static void CheckInput(ClassifierGraph graph, ImageSize size)
    {
        if (graph.Inputs.Count != 1)
        {
            throw graph.Refuse($"of an image model {PixelValues} must be the only input");
        }

        var input = graph.Inputs[PixelValues];
        if (input.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || input.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16)
            || input.Dimensions is not [var batch, var channels, var height, var width]
            || (batch != -1 && batch is < 1 or > ClassifierGraph.MaximumBatch) || channels is not (-1 or 3))
        {
            throw graph.Refuse($"{PixelValues} must be a tensor [batch, 3, height, width] of floats");
        }

        if ((height != -1 && height != size.Height) || (width != -1 && width != size.Width))
        {
            throw new ModelFolderException(
                PreprocessorConfig.FileName, $"images become {size.Width} by {size.Height} pixels, but the graph takes {Describe(width)} by {Describe(height)}");
        }
    }

    private static string Describe(int length) => length == -1 ? "any" : $"{length}";
}
