using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Turns a model folder's graph into the form that the engine runs. What onnxruntime-genai's convention
/// derives from an attention mask on every step becomes two direct inputs, and the head computes only the
/// rows whose logits are asked for: a prefill needs one row of them, verification a few, scoring all. What the
/// head is given, the last hidden states, becomes an output that is read only where it is bound.
/// </summary>
internal static class EngineGraph
{
    /// <summary>Input [batch] int32: tokens in the cache, the new ones included, less one.</summary>
    public const string SequenceLengths = "genailab.sequence_lengths";

    /// <summary>Input, a scalar int32: the largest of them plus one.</summary>
    public const string TotalLength = "genailab.total_length";

    /// <summary>Input [rows] int64: indices into [batch × sequence] of the rows whose logits are wanted.</summary>
    public const string LogitRows = "genailab.logit_rows";

    /// <summary>Output [batch × sequence, width] float: the last hidden states, which the head's product is made of.</summary>
    public const string HiddenStates = "genailab.hidden_states";

    private const string Attention = "GroupQueryAttention";
    private const int MaximumIdentities = 8;

    /// <summary>Rewrites a graph in place.</summary>
    /// <param name="model">The folder's graph; its weights may be external.</param>
    /// <param name="config">What genai_config.json says of it.</param>
    /// <exception cref="ModelFolderException">Its attention or its head is not of a kind that the engine knows.</exception>
    public static void Rewrite(ModelProto model, GenAiConfig config)
    {
        var graph = model.Graph ?? throw new ModelFolderException(config.GraphFile, "it holds no graph");
        ReplaceMask(graph, config);
        SelectRows(graph, config);
        Prune(graph);
    }

    private static void ReplaceMask(GraphProto graph, GenAiConfig config)
    {
        var layers = 0;
        foreach (var node in graph.Node.Where(static node => node.OpType == Attention && node.Domain == OnnxGraphBuilder.MicrosoftDomain))
        {
            if (node.Input.Count < 7)
            {
                throw new ModelFolderException(config.GraphFile, $"a {Attention} node has too few inputs");
            }

            (node.Input[5], node.Input[6]) = (SequenceLengths, TotalLength);
            layers++;
        }

        if (layers != config.Layers)
        {
            throw new ModelFolderException(
                config.GraphFile, $"it has {layers} {Attention} nodes for {config.Layers} layers; the cache is shared with that operator only");
        }

        graph.Input.Add(OnnxGraphBuilder.Describe(SequenceLengths, OnnxElementType.Int32, "batch"));
        graph.Input.Add(OnnxGraphBuilder.Describe(TotalLength, OnnxElementType.Int32));
    }

    // logits = head(hidden [batch, sequence, width]) becomes head(rows of hidden [batch × sequence, width]).
    private static void SelectRows(GraphProto graph, GenAiConfig config)
    {
        var (output, head) = (GraphSignature.Logits, Producer(graph, GraphSignature.Logits));
        for (var hop = 0; hop < MaximumIdentities && head?.OpType is "Identity" or "Cast"; hop++)
        {
            output = head!.Input[0];
            head = Producer(graph, output);
        }

        if (head is null || head.OpType is not ("MatMul" or "FusedMatMul" or "MatMulNBits" or "DynamicQuantizeMatMul"))
        {
            throw new ModelFolderException(config.GraphFile, $"'{GraphSignature.Logits}' must come from one matrix product");
        }

        var at = graph.Node.IndexOf(head);
        var (shape, rows, selected) = ("genailab.rows_shape", "genailab.rows", "genailab.selected_rows");
        var flat = new TensorProto { Name = shape, DataType = (int)OnnxElementType.Int64, RawData = OnnxGraphBuilder.RawIntegers(-1, config.HiddenSize) };
        flat.Dims.Add(2);
        graph.Initializer.Add(flat);
        graph.Node.Insert(at, new NodeProto { OpType = "Gather", Name = selected, Input = { rows, LogitRows }, Output = { selected } });
        // To floats, whatever they are computed in; a copy of a few kilobytes in a decode step.
        graph.Node.Insert(at, new NodeProto
        {
            OpType = "Cast",
            Name = HiddenStates,
            Input = { rows },
            Output = { HiddenStates },
            Attribute = { new AttributeProto { Name = "to", I = (long)OnnxElementType.Float, Type = AttributeProto.Types.AttributeType.Int } },
        });
        graph.Node.Insert(at, new NodeProto { OpType = "Reshape", Name = rows, Input = { head.Input[0], shape }, Output = { rows } });
        graph.Output.Add(OnnxGraphBuilder.Describe(HiddenStates, OnnxElementType.Float, "tokens", config.HiddenSize));
        head.Input[0] = selected;
        graph.Input.Add(OnnxGraphBuilder.Describe(LogitRows, OnnxElementType.Int64, "rows"));
        var declared = graph.Output.First(static output => output.Name == GraphSignature.Logits);
        graph.Output[graph.Output.IndexOf(declared)] =
            OnnxGraphBuilder.Describe(GraphSignature.Logits, OnnxElementType.Float, "rows", config.VocabularySize);
    }

    private static NodeProto? Producer(GraphProto graph, string value) => graph.Node.LastOrDefault(node => node.Output.Contains(value));

    // What only the mask needed would else want its inputs fed and its weights held.
    private static void Prune(GraphProto graph)
    {
        var used = graph.Output.Select(static output => output.Name).ToHashSet(StringComparer.Ordinal);
        var kept = new Stack<NodeProto>();
        foreach (var node in graph.Node.Reverse())
        {
            if (node.Output.Any(used.Contains))
            {
                used.UnionWith(node.Input);
                kept.Push(node);
            }
        }

        graph.Node.Clear();
        graph.Node.AddRange(kept);
        Keep(graph.Input, input => used.Contains(input.Name));
        Keep(graph.Initializer, initializer => used.Contains(initializer.Name));
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
