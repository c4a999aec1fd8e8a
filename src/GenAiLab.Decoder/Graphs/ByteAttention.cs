using System.Runtime.InteropServices;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Lets GroupQueryAttention keep keys and values in bytes, a scale for each channel: a quarter of the memory, and of what
/// a step reads of it. The kernel quantises what is new and multiplies with what it finds (ONNX Runtime's contributed
/// operators, GroupQueryAttention, k_quant_type).
/// </summary>
internal static class ByteAttention
{
    private const string Operator = "GroupQueryAttention";
    private const int PastKey = 3;
    private const int KeyScale = 12;

    /// <summary>Rewrites a graph whose attention shares a cache of 32-bit floats.</summary>
    /// <param name="graph">The graph; rewritten in place.</param>
    /// <param name="shape">How it is built.</param>
    /// <param name="scales">For each tensor of the cache, [heads, width].</param>
    /// <returns>How it is built now.</returns>
    public static GraphShape Apply(GraphProto graph, GraphShape shape, IReadOnlyList<float[,]> scales)
    {
        foreach (var node in graph.Node.Where(static node => node.OpType == Operator && node.Domain == OnnxGraphBuilder.MicrosoftDomain))
        {
            while (node.Input.Count < KeyScale)
            {
                node.Input.Add("");
            }

            // Keys and values alternate.
            for (var offset = 0; offset < 2; offset++)
            {
                var tensor = shape.Caches.Index().First(cache => cache.Item.Past == node.Input[PastKey + offset]).Index;
                node.Input.Add(Constant(graph, $"genailab.scale.{shape.Caches[tensor].Past}", scales[tensor]));
            }

            node.Attribute.Add([Text("k_quant_type"), Text("v_quant_type"), new AttributeProto { Name = "kv_cache_bit_width", I = 8, Type = AttributeProto.Types.AttributeType.Int }]);
        }

        var caches = shape.Caches.SelectMany(static cache => (string[])[cache.Past, cache.Present]).ToHashSet(StringComparer.Ordinal);
        foreach (var value in graph.Input.Concat(graph.Output).Where(value => caches.Contains(value.Name)))
        {
            value.Type.TensorType.ElemType = (int)OnnxElementType.Int8;
        }

        return shape with { CacheType = OnnxElementType.Int8 };
    }

    private static AttributeProto Text(string name) => new()
    {
        Name = name,
        S = ByteString.CopyFromUtf8("PER_CHANNEL"),
        Type = AttributeProto.Types.AttributeType.String,
    };

    private static string Constant(GraphProto graph, string name, float[,] scales)
    {
        graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)OnnxElementType.Float,
            Dims = { 1, scales.GetLength(0), 1, scales.GetLength(1) },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(scales.Cast<float>().ToArray())),
        });
        return name;
    }
}
