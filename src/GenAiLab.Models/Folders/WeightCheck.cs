using System.Globalization;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Models.Folders;

/// <summary>
/// Compares the shapes of a graph's weights with the bytes that there are of them: ONNX Runtime makes room by the
/// shape before it looks for the bytes, be it for terabytes.
/// </summary>
/// <param name="folder">Where the graph lies, whose names <see cref="ExternalDataCheck"/> has found to be files of it.</param>
/// <param name="file">The graph's name in errors.</param>
/// <param name="fileBytes">What <see cref="ExternalDataCheck"/> counted.</param>
public sealed class WeightCheck(string folder, string file, long fileBytes)
{
    private const int External = 1;

    /// <summary>Checks the weights of a graph, and of those within it.</summary>
    /// <exception cref="ModelFolderException">One is not as long as its shape says.</exception>
    public void Check(GraphProto graph)
    {
        foreach (var tensor in graph.Initializer)
        {
            Check(tensor);
        }

        foreach (var attribute in graph.Node.SelectMany(static node => node.Attribute))
        {
            if (attribute.T is { } constant)
            {
                Check(constant);
            }

            foreach (var inner in attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G))
            {
                Check(inner);
            }
        }
    }

    /// <summary>How many bytes a tensor's shape stands for; null: its elements have no fixed width, or they are more than an array holds.</summary>
    internal static int? BytesOf(TensorProto tensor)
    {
        var bytes = Bits(tensor.DataType) is { } bits
            ? (tensor.Dims.Aggregate((Int128)bits, static (product, size) => size < 0 || product > long.MaxValue ? long.MaxValue : product * size) + 7) / 8 : Int128.MaxValue;
        return bytes <= Array.MaxLength ? (int)bytes : null;
    }

    private void Check(TensorProto tensor)
    {
        Int128 count = 1;
        foreach (var size in tensor.Dims)
        {
            count = size is >= 0 and <= int.MaxValue && count <= long.MaxValue ? count * size : throw Refuse();
        }

        var bytes = Bits(tensor.DataType) is { } bits ? ((count * bits) + 7) / 8 : count;
        var fits = tensor.DataLocation == External ? bytes <= ExternalBytes(tensor)
            : tensor.RawData.Length > 0 ? bytes == tensor.RawData.Length
            // A list of numbers, each of which takes a byte of the file at least.
            : count <= fileBytes;
        if (!fits)
        {
            throw Refuse();
        }
    }

    private long ExternalBytes(TensorProto tensor)
    {
        // The names were checked; a file was at least as long as it had to be.
        var location = tensor.ExternalData.FirstOrDefault(static entry => entry.Key == "location")?.Value ?? throw Refuse();
        var left = new FileInfo(Path.Combine(folder, location)).Length - (Number(tensor, "offset") ?? 0);
        return Math.Min(left, Number(tensor, "length") ?? left);
    }

    private static long? Number(TensorProto tensor, string key) =>
        long.TryParse(tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // By TensorProto.DataType; null: not numbers of a fixed width.
    private static int? Bits(int type) => type switch
    {
        21 or 22 or 23 => 4,
        2 or 3 or 9 or (>= 17 and <= 20) => 8,
        4 or 5 or 10 or 16 => 16,
        1 or 6 or 12 => 32,
        7 or 11 or 13 => 64,
        _ => null,
    };

    private ModelFolderException Refuse() => new(file, "a weight is not as long as its shape says");
}
