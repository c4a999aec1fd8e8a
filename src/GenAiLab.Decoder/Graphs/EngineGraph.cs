using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Graphs;

/// <summary>Turns a model folder's graph into the form that the engine runs, as far as the graph permits.</summary>
/// <param name="SharesCache">Past and present may be the same memory: see <see cref="SharedAttention"/>.</param>
/// <param name="SelectsRows">It computes the logits of chosen rows and gives hidden states: see <see cref="LogitsHead"/>.</param>
/// <param name="Obstacle">Why the cache is not shared; null: it is.</param>
internal sealed record EngineGraph(bool SharesCache, bool SelectsRows, string? Obstacle)
{
    /// <summary>Input [batch] int32: tokens in the cache, the new ones included, less one.</summary>
    public const string SequenceLengths = "genailab.sequence_lengths";

    /// <summary>Input, a scalar int32: the largest of them plus one.</summary>
    public const string TotalLength = "genailab.total_length";

    /// <summary>Input [rows] int64: indices into [batch × sequence] of the rows whose logits are wanted.</summary>
    public const string LogitRows = "genailab.logit_rows";

    /// <summary>Output [batch × sequence, width] float: the last hidden states, which the head's product is made of.</summary>
    public const string HiddenStates = "genailab.hidden_states";

    // How many logits are wanted, counted from the end; 0: all. An input of some exports.
    private const string LogitsToKeep = "num_logits_to_keep";

    /// <summary>Rewrites a graph in place.</summary>
    /// <param name="graph">The folder's graph; its weights may be external.</param>
    /// <param name="config">What the folder says of it.</param>
    /// <param name="shape">How it is built.</param>
    /// <exception cref="ModelFolderException">Its head is of no kind that the engine can use.</exception>
    public static EngineGraph Rewrite(GraphProto graph, DecoderConfig config, GraphShape shape)
    {
        // Shapes that were noted down do not hold any more, and what is not noted down is found out.
        graph.ValueInfo.Clear();
        KeepAllLogits(graph);
        foreach (var name in (string[])[config.Names.InputIds, config.Names.AttentionMask, config.Names.PositionIds])
        {
            TakeWide(graph, name);
        }

        var head = new LogitsHead(graph, config, shape);
        var selects = head.TrySelectRows();
        head.Widen();
        var attention = new SharedAttention(graph, config.Names, shape);
        var obstacle = attention.Obstacle();
        if (obstacle is null)
        {
            attention.Apply();
        }

        GraphWalk.Prune(graph);
        return new EngineGraph(obstacle is null, selects, obstacle);
    }

    /// <summary>
    /// The longest window in which a graph does one thing: some choose another table of rotary positions once the
    /// stream is longer, for its earlier tokens as well, which no cache can follow.
    /// </summary>
    /// <returns>In tokens; null: there is no such choice.</returns>
    public static int? WindowOfOneTable(GraphProto graph, GraphNames names)
    {
        foreach (var node in graph.Node.Where(static node => node.OpType == "If"))
        {
            if (GraphWalk.Producer(graph, node.Input.FirstOrDefault() ?? "") is { OpType: "Greater", Input.Count: 2 } greater
                && DependsOnMaskShape(greater.Input[0]) && GraphWalk.Integer(graph, greater.Input[1]) is >= 2 and <= DecoderConfig.MaximumNumber and var limit)
            {
                return (int)limit;
            }
        }

        return null;

        bool DependsOnMaskShape(string value)
        {
            for (var hop = 0; hop < 8 && GraphWalk.Producer(graph, value) is { Input.Count: > 0 } node; hop++)
            {
                value = node.Input[0];
                if (node.OpType == "Shape")
                {
                    return value == names.AttentionMask;
                }
            }

            return false;
        }
    }

    private static void KeepAllLogits(GraphProto graph)
    {
        if (graph.Input.FirstOrDefault(static input => input.Name == LogitsToKeep) is { } input && input.Type?.TensorType is { } type)
        {
            graph.Input.Remove(input);
            var tensor = new TensorProto { Name = LogitsToKeep, DataType = (int)OnnxElementType.Int64, RawData = OnnxGraphBuilder.RawIntegers(0) };
            tensor.Dims.AddRange(Enumerable.Repeat(1L, Math.Min(1, type.Shape?.Dim.Count ?? 0)));
            graph.Initializer.Add(tensor);
        }
    }

    // Ids, mask and positions in 32-bit integers get 64-bit ones, as the others do.
    private static void TakeWide(GraphProto graph, string name)
    {
        if (graph.Input.FirstOrDefault(input => input.Name == name && input.Type?.TensorType?.ElemType == (int)OnnxElementType.Int32) is not { } input)
        {
            return;
        }

        var narrow = $"genailab.narrow.{name}";
        foreach (var node in graph.Node)
        {
            for (var at = 0; at < node.Input.Count; at++)
            {
                node.Input[at] = node.Input[at] == name ? narrow : node.Input[at];
            }
        }

        input.Type.TensorType.ElemType = (int)OnnxElementType.Int64;
        graph.Node.Insert(0, new NodeProto
        {
            OpType = "Cast",
            Name = narrow,
            Input = { name },
            Output = { narrow },
            Attribute = { new AttributeProto { Name = "to", I = (long)OnnxElementType.Int32, Type = AttributeProto.Types.AttributeType.Int } },
        });
    }
}
