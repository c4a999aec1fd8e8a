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
        var count = checked((int)(tensor.Dims[0] * tensor.Dims[1]));
        var values = new float[count];
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        if (tensor.DataLocation != External)
        {
            if (tensor.RawData.Length != bytes.Length)
            {
                throw new ModelFolderException(Shown(tensor), "a weight is not as long as its shape says");
            }

            tensor.RawData.Span.CopyTo(bytes);
            return values;
        }

        var entries = tensor.ExternalData.ToDictionary(static entry => entry.Key, static entry => entry.Value, StringComparer.Ordinal);
        if (!entries.TryGetValue("location", out var location) || location != Path.GetFileName(location))
        {
            throw new ModelFolderException(Shown(tensor), "a weight lies outside the folder");
        }

        using var stream = File.OpenRead(Path.Combine(folder, location));
        stream.Position = entries.TryGetValue("offset", out var offset) ? long.Parse(offset, NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        stream.ReadExactly(bytes);
        return values;
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
