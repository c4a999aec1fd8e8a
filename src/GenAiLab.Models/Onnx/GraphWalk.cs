using System.Runtime.InteropServices;

namespace GenAiLab.Models.Onnx;

/// <summary>What a node needs, where a value comes from, what is left over: questions to a graph's nodes.</summary>
public static class GraphWalk
{
    /// <summary>The values that a node reads, those that graphs within it take from outside included.</summary>
    public static IEnumerable<string> Reads(NodeProto node) => node.Attribute.Count == 0 ? node.Input : node.Input.Concat(node.Attribute
        .SelectMany(static attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G))
        .SelectMany(static graph => graph.Node.SelectMany(Reads).Concat(graph.Output.Select(static output => output.Name))));

    /// <summary>The node that gives a value, or null.</summary>
    public static NodeProto? Producer(GraphProto graph, string value) => graph.Node.LastOrDefault(node => node.Output.Contains(value));

    /// <summary>The tensor behind a name, where it is one that the graph carries.</summary>
    public static TensorProto? Tensor(GraphProto graph, string value) =>
        graph.Initializer.FirstOrDefault(tensor => tensor.Name == value)
        ?? (Producer(graph, value) is { OpType: "Constant" } node ? node.Attribute.FirstOrDefault(static attribute => attribute.Name == "value")?.T : null);

    /// <summary>The one integer that a name stands for, or null.</summary>
    public static long? Integer(GraphProto graph, string value)
    {
        if (Tensor(graph, value) is not { DataLocation: 0 } tensor || tensor.Dims.Count > 1 || tensor.Dims.Any(static size => size != 1))
        {
            return null;
        }

        return (OnnxElementType)tensor.DataType switch
        {
            OnnxElementType.Int64 => tensor.Int64Data.Count == 1 ? tensor.Int64Data[0]
                : tensor.RawData.Length == sizeof(long) ? MemoryMarshal.Read<long>(tensor.RawData.Span) : null,
            OnnxElementType.Int32 => tensor.Int32Data.Count == 1 ? tensor.Int32Data[0]
                : tensor.RawData.Length == sizeof(int) ? MemoryMarshal.Read<int>(tensor.RawData.Span) : null,
            _ => null,
        };
    }

    /// <summary>The integers that a name stands for; none where it is no small constant of the graph.</summary>
    public static IEnumerable<long> Integers(GraphProto graph, string value)
    {
        const int MaximumCount = 64;
        if (value.Length == 0 || Tensor(graph, value) is not { DataLocation: 0, RawData.Length: <= MaximumCount * sizeof(long) } tensor)
        {
            return [];
        }

        return (OnnxElementType)tensor.DataType switch
        {
            OnnxElementType.Int64 => tensor.Int64Data.Count > 0 ? tensor.Int64Data : MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray(),
            OnnxElementType.Int32 => (tensor.Int32Data.Count > 0 ? tensor.Int32Data : [.. MemoryMarshal.Cast<byte, int>(tensor.RawData.Span)]).Select(static number => (long)number),
            _ => [],
        };
    }

    /// <summary>The values that the outputs depend on.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="reads">What a node reads, for those who plan to change it.</param>
    public static HashSet<string> Needed(GraphProto graph, Func<NodeProto, IEnumerable<string>> reads)
    {
        var needed = graph.Output.Select(static output => output.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var node in graph.Node.Reverse())
        {
            if (node.Output.Any(needed.Contains))
            {
                needed.UnionWith(reads(node));
            }
        }

        return needed;
    }

    /// <summary>Removes nodes, inputs and weights that no output depends on: they would else want to be fed and held.</summary>
    public static void Prune(GraphProto graph)
    {
        var needed = Needed(graph, Reads);
        Keep(graph.Node, node => node.Output.Any(needed.Contains));
        Keep(graph.Input, input => needed.Contains(input.Name));
        Keep(graph.Initializer, initializer => needed.Contains(initializer.Name));
    }

    private static void Keep<T>(Google.Protobuf.Collections.RepeatedField<T> items, Func<T, bool> wanted)
    {
        T[] kept = [.. items.Where(wanted)];
        if (kept.Length != items.Count)
        {
            items.Clear();
            items.AddRange(kept);
        }
    }
}
