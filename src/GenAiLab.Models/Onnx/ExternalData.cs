using System.Globalization;
using GenAiLab.Models.Folders;
using Google.Protobuf;

namespace GenAiLab.Models.Onnx;

/// <summary>
/// Weights that lie in files beside their graph. ONNX Runtime maps such files for as long as a model serves: who writes over one
/// then changes what the model answers, and who shortens one ends the process (SIGBUS).
/// </summary>
public static class ExternalData
{
    // A message of Protocol Buffers has less than 2 GiB.
    private const long Most = 2_000_000_000;
    private const int External = 1;

    /// <summary>Takes them into the graph, and those of graphs within it. What was checked is then what is run.</summary>
    /// <param name="graph">Checked by <see cref="ExternalDataCheck"/> and <see cref="WeightCheck"/>.</param>
    /// <param name="folder">Where it lies.</param>
    /// <param name="bytes">Of the graph's file and of those that it names.</param>
    /// <returns>Whether no weight lies apart any more: not if there are 2 GB and more of them, or one is of a type without a width.</returns>
    /// <exception cref="ModelFolderException">A file is gone, cannot be read, or is shorter than it was when it was checked.</exception>
    public static bool TryEmbed(GraphProto graph, string folder, long bytes)
    {
        List<TensorProto> apart = [.. Tensors(graph).Where(static tensor => tensor.DataLocation == External)];
        if (apart.Count > 0 && (bytes > Most || apart.Any(static tensor => WeightCheck.BytesOf(tensor) is null)))
        {
            return false;
        }

        foreach (var tensor in apart)
        {
            Embed(tensor, folder);
        }

        return true;
    }

    private static void Embed(TensorProto tensor, string folder)
    {
        var file = Entry(tensor, "location") ?? "";
        try
        {
            var weights = new byte[(int)WeightCheck.BytesOf(tensor)!];
            using var handle = File.OpenHandle(Path.Combine(folder, file));
            var offset = long.Parse(Entry(tensor, "offset") ?? "0", NumberStyles.None, CultureInfo.InvariantCulture);
            for (var rest = weights.AsSpan(); rest.Length > 0;)
            {
                var count = RandomAccess.Read(handle, rest, offset);
                rest = count > 0 ? rest[count..] : throw new ModelFolderException(file, "shorter than the graph says; truncated?");
                offset += count;
            }

            tensor.RawData = UnsafeByteOperations.UnsafeWrap(weights);
            tensor.DataLocation = 0;
            tensor.ExternalData.Clear();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }

    private static IEnumerable<TensorProto> Tensors(GraphProto graph) => graph.Initializer.Concat(graph.Node.SelectMany(static node => node.Attribute).SelectMany(
        static attribute => (attribute.T is { } constant ? [constant] : Enumerable.Empty<TensorProto>())
            .Concat((attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G)).SelectMany(Tensors))));

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;
}
