using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Lets GroupQueryAttention compute in 16-bit floats in a graph of 32-bit ones: the cache takes half the memory, and
/// on a GPU there is no such kernel for 32 bits.
/// </summary>
internal static class HalfPrecisionAttention
{
    private const string Operator = "GroupQueryAttention";

    // Query, key, value; the tables of the rotation. What lies between is the cache and integers.
    private static readonly int[] Activations = [0, 1, 2, 7, 8];

    /// <summary>Rewrites a graph whose attention shares the cache.</summary>
    /// <param name="graph">The graph; rewritten in place.</param>
    /// <param name="shape">How it is built.</param>
    /// <returns>How it is built now.</returns>
    public static GraphShape Apply(GraphProto graph, GraphShape shape)
    {
        if (shape.CacheType != OnnxElementType.Float)
        {
            return shape;
        }

        HashSet<string> narrowed = new(StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(static node => node.OpType == Operator && node.Domain == OnnxGraphBuilder.MicrosoftDomain).ToList())
        {
            foreach (var place in Activations.Where(place => place < node.Input.Count && node.Input[place].Length > 0))
            {
                var (wide, narrow) = (node.Input[place], $"genailab.half.{node.Input[place]}");
                node.Input[place] = narrow;
                if (narrowed.Add(narrow))
                {
                    graph.Node.Insert(graph.Node.IndexOf(node), Cast(wide, narrow, OnnxElementType.Float16));
                }
            }

            var output = node.Output[0];
            node.Output[0] = $"genailab.half.{output}";
            graph.Node.Insert(graph.Node.IndexOf(node) + 1, Cast(node.Output[0], output, OnnxElementType.Float));
        }

        var caches = shape.Caches.SelectMany(static cache => (string[])[cache.Past, cache.Present]).ToHashSet(StringComparer.Ordinal);
        foreach (var value in graph.Input.Concat(graph.Output).Where(value => caches.Contains(value.Name)))
        {
            value.Type.TensorType.ElemType = (int)OnnxElementType.Float16;
        }

        return shape with { CacheType = OnnxElementType.Float16 };
    }

    private static NodeProto Cast(string from, string to, OnnxElementType type) => new()
    {
        OpType = "Cast",
        Name = $"genailab.cast.{to}",
        Input = { from },
        Output = { to },
        Attribute = { new AttributeProto { Name = "to", I = (long)type, Type = AttributeProto.Types.AttributeType.Int } },
    };
}
