using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Lets the attention kernels of a graph read and write one buffer in place. GroupQueryAttention can: it is told
/// how long each row is. What onnxruntime-genai's convention derives from an attention mask on every step becomes
/// two direct inputs.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="names">What it calls its inputs.</param>
/// <param name="shape">How it is built.</param>
internal sealed class SharedAttention(GraphProto graph, GraphNames names, GraphShape shape)
{
    private const string Operator = "GroupQueryAttention";
    private const int PastKey = 3;
    private const int Lengths = 5;
    private const int Total = 6;
    private const int Bias = 10;

    /// <summary>Why it cannot be done; null: it can.</summary>
    public string? Obstacle()
    {
        var attention = Nodes();
        var readers = graph.Node.SelectMany(static node => GraphWalk.Reads(node).Select(value => (value, node))).ToLookup(static pair => pair.value, static pair => pair.node, StringComparer.Ordinal);
        foreach (var (place, cache) in shape.Caches.Index())
        {
            // Keys and values alternate.
            var offset = place % 2;
            if (attention.Find(node => node.Input[PastKey + offset] == cache.Past) is not { } node
                || node.Output.Count <= 1 + offset || node.Output[1 + offset] != cache.Present || readers[cache.Past].Count() != 1 || readers[cache.Present].Any())
            {
                return $"'{cache.Past}' is not the cache of a {Operator} alone";
            }

            if (node.Input.Count > Bias && node.Input.Skip(Bias).Any(static input => input.Length > 0))
            {
                return $"a {Operator} takes a bias or scales besides";
            }

            if (node.Attribute.Any(static attribute => attribute is { Name: "sliding_window_cache", I: not 0 }))
            {
                return $"a {Operator} keeps a window of the cache only";
            }
        }

        // Without the mask nothing but attention may be missing something.
        return GraphWalk.Needed(graph, Kept).Contains(names.AttentionMask) ? $"'{names.AttentionMask}' serves more than the lengths of the rows" : null;

        IEnumerable<string> Kept(NodeProto node) => IsMaskShape(node) ? []
            : attention.Contains(node) ? node.Input.Where(static (_, at) => at is not (Lengths or Total)) : GraphWalk.Reads(node);
    }

    /// <summary>Rewrites the graph, of which <see cref="Obstacle"/> has said that it can be.</summary>
    public void Apply()
    {
        foreach (var node in Nodes())
        {
            (node.Input[Lengths], node.Input[Total]) = (EngineGraph.SequenceLengths, EngineGraph.TotalLength);
        }

        // What else depends on the mask's shape, such as the choice of a rotary table, gets it from the total length.
        foreach (var node in graph.Node.Where(IsMaskShape).ToList())
        {
            var at = graph.Node.IndexOf(node);
            graph.Node.RemoveAt(at);
            foreach (var replacement in MaskShape(node.Output[0]).Reverse())
            {
                graph.Node.Insert(at, replacement);
            }
        }

        graph.Input.Add(OnnxGraphBuilder.Describe(EngineGraph.SequenceLengths, OnnxElementType.Int32, "batch"));
        graph.Input.Add(OnnxGraphBuilder.Describe(EngineGraph.TotalLength, OnnxElementType.Int32));
    }

    private List<NodeProto> Nodes() =>
        [.. graph.Node.Where(static node => node.OpType == Operator && node.Domain == OnnxGraphBuilder.MicrosoftDomain && node.Input.Count > Total)];

    private bool IsMaskShape(NodeProto node) => node is { OpType: "Shape", Input.Count: 1, Output.Count: 1 } && node.Input[0] == names.AttentionMask && node.Attribute.Count == 0;

    // [batch, total] as 64-bit integers.
    private IEnumerable<NodeProto> MaskShape(string output)
    {
        var (from, to) = (Constant($"{output}.from", 0), Constant($"{output}.to", 1));
        var one = Constant($"{output}.one", 1);
        return
        [
            Node("Shape", [names.InputIds], $"{output}.ids"),
            Node("Slice", [$"{output}.ids", from, to], $"{output}.batch"),
            WithNumber(Node("Cast", [EngineGraph.TotalLength], $"{output}.wide"), "to", (long)OnnxElementType.Int64),
            Node("Reshape", [$"{output}.wide", one], $"{output}.total"),
            WithNumber(Node("Concat", [$"{output}.batch", $"{output}.total"], output), "axis", 0),
        ];
    }

    private string Constant(string name, long value)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)OnnxElementType.Int64, RawData = OnnxGraphBuilder.RawIntegers(value), Dims = { 1 } };
        graph.Initializer.Add(tensor);
        return name;
    }

    private static NodeProto Node(string operation, string[] inputs, string output) => new() { OpType = operation, Name = output, Input = { inputs }, Output = { output } };

    private static NodeProto WithNumber(NodeProto node, string name, long value)
    {
        node.Attribute.Add(new AttributeProto { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int });
        return node;
    }
}
