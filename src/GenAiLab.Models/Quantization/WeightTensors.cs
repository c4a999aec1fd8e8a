using System.Globalization;
using System.Runtime.InteropServices;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Models.Quantization;

/// <summary>Reads the matrices of a graph, wherever they lie.</summary>
internal static class WeightTensors
{
    private const int External = 1;

    /// <summary>The values of a float matrix, row-major.</summary>
    /// <param name="tensor">The initializer.</param>
    /// <param name="folder">Where external data lies; its names have been checked.</param>
    /// <exception cref="ModelFolderException">The data is not as long as the shape says.</exception>
    public static float[] Read(TensorProto tensor, string folder)
    {
        var count = (Int128)tensor.Dims[0] * tensor.Dims[1];
        var there = tensor.DataLocation == External ? Place(tensor, folder) : ("", 0, tensor.RawData.Length);
        // Looked at before anything is sized by the shape.
        if (count < 0 || count > Array.MaxLength / sizeof(float) || (tensor.DataLocation == External ? there.Length < count * sizeof(float) : there.Length != count * sizeof(float)))
        {
            throw new ModelFolderException(Shown(tensor), "a weight is not as long as its shape says");
        }

        var values = new float[(int)count];
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        if (tensor.DataLocation != External)
        {
            tensor.RawData.Span.CopyTo(bytes);
            return values;
        }

        using var stream = File.OpenRead(there.Path);
        stream.Position = there.Offset;
        stream.ReadExactly(bytes);
        return values;
    }

    // The file of external data, where in it the tensor begins, and how much there is from there on.
    private static (string Path, long Offset, long Length) Place(TensorProto tensor, string folder)
    {
        var location = tensor.ExternalData.FirstOrDefault(static entry => entry.Key == "location")?.Value;
        if (string.IsNullOrEmpty(location) || location != Path.GetFileName(location))
        {
            throw new ModelFolderException(Shown(tensor), "a weight lies outside the folder");
        }

        var path = Path.Combine(folder, location);
        var text = tensor.ExternalData.FirstOrDefault(static entry => entry.Key == "offset")?.Value ?? "0";
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && File.Exists(path)
            ? (path, offset, new FileInfo(path).Length - offset)
            : throw new ModelFolderException(Shown(tensor), "a weight's place is not a number");
    }

    /// <summary>Turns [inputs, outputs] into [outputs, inputs].</summary>
    public static float[] Transpose(float[] weights, int inputs, int outputs)
    {
        var turned = new float[weights.Length];
        Parallel.For(0, outputs, output =>
        {
            for (var input = 0; input < inputs; input++)
            {
                turned[(output * inputs) + input] = weights[(input * outputs) + output];
            }
        });
        return turned;
    }

    private static string Shown(TensorProto tensor) => tensor.Name.Length <= 64 ? tensor.Name : tensor.Name[..64];
}
