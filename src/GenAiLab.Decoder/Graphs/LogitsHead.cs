using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// Lets a graph's head compute only the rows whose logits are asked for: a prefill needs one row of them,
/// verification a few, scoring all. What the head is given, the last hidden states, becomes an output that is read
/// only where it is bound.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="config">What the folder says of it.</param>
/// <param name="shape">How it is built.</param>
internal sealed class LogitsHead(GraphProto graph, DecoderConfig config, GraphShape shape)
{
    private const int MaximumHops = 16;

    /// <summary>Rewrites the graph where its head is a product of a kind that is known; else leaves it as it is.</summary>
    /// <returns>Whether it was rewritten.</returns>
    /// <exception cref="ModelFolderException">It gives the logits of the last token alone and cannot be made to give others.</exception>
    public bool TrySelectRows()
    {
        var head = Find();
        var hidden = head is null || !shape.LastLogitsOnly ? head?.Input[0] : BeforeLast(head.Input[0]);
        if (hidden is null)
        {
            return !shape.LastLogitsOnly ? false
                : throw new ModelFolderException(config.GraphFile, $"'{config.Names.Logits}' are those of the last token alone, and its head is of no kind that can be changed");
        }

        const string Rows = "genailab.rows", Selected = "genailab.selected_rows";
        var at = graph.Node.IndexOf(head);
        Insert(new NodeProto { OpType = "Gather", Name = Selected, Input = { Rows, EngineGraph.LogitRows }, Output = { Selected } });
        // To floats, whatever they are computed in; a copy of a few kilobytes in a decode step.
        Insert(WithNumber(new NodeProto { OpType = "Cast", Name = EngineGraph.HiddenStates, Input = { Rows }, Output = { EngineGraph.HiddenStates } }, "to", (long)OnnxElementType.Float));
        // [batch × sequence, width].
        Insert(WithNumber(new NodeProto { OpType = "Flatten", Name = Rows, Input = { hidden }, Output = { Rows } }, "axis", -1));
        graph.Output.Add(OnnxGraphBuilder.Describe(EngineGraph.HiddenStates, OnnxElementType.Float, "tokens", config.HiddenSize > 0 ? config.HiddenSize : "width"));
        head!.Input[0] = Selected;
        graph.Input.Add(OnnxGraphBuilder.Describe(EngineGraph.LogitRows, OnnxElementType.Int64, "rows"));
        Declare("rows");
        return true;

        void Insert(NodeProto node) => graph.Node.Insert(at, node);
    }

    /// <summary>Makes the logits 32-bit floats, where the graph computes them in 16.</summary>
    public void Widen()
    {
        if (shape.LogitsType == OnnxElementType.Float)
        {
            return;
        }

        const string Narrow = "genailab.narrow_logits";
        const string Widened = "genailab.widened_logits";
        var (name, producer) = (config.Names.Logits, GraphWalk.Producer(graph, config.Names.Logits));
        if (producer is null)
        {
            throw new ModelFolderException(config.GraphFile, $"no node gives '{name}'");
        }

        producer.Output[producer.Output.IndexOf(name)] = Narrow;
        graph.Node.Add(WithNumber(new NodeProto { OpType = "Cast", Name = Widened, Input = { Narrow }, Output = { name } }, "to", (long)OnnxElementType.Float));
        var declared = graph.Output.First(output => output.Name == name);
        declared.Type.TensorType.ElemType = (int)OnnxElementType.Float;
    }

    private void Declare(params ReadOnlySpan<object> dimensions)
    {
        var declared = graph.Output.First(output => output.Name == config.Names.Logits);
        graph.Output[graph.Output.IndexOf(declared)] = OnnxGraphBuilder.Describe(config.Names.Logits, shape.LogitsType, [.. dimensions, config.VocabularySize]);
    }

    // logits = scale, bias, soft cap and the like of one product.
    private NodeProto? Find()
    {
        var value = config.Names.Logits;
        for (var hop = 0; hop < MaximumHops && GraphWalk.Producer(graph, value) is { } node; hop++)
        {
            switch (node.OpType)
            {
                case "MatMul" or "FusedMatMul" or "MatMulNBits" or "DynamicQuantizeMatMul":
                    return node.Input.Count > 1 && IsWeight(node.Input[1], MaximumHops) ? node : null;
                case "Identity" or "Cast" or "Tanh" when node.Input.Count == 1:
                    value = node.Input[0];
                    break;
                case "Mul" or "Div" or "Add" or "Sub" or "Where" when node.Input.Where(input => !IsSmallConstant(input)).ToArray() is [var only]:
                    value = only;
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    // The hidden states of all tokens, where those of the last are picked by Gather and Unsqueeze.
    private string? BeforeLast(string value) =>
        GraphWalk.Producer(graph, value) is { OpType: "Unsqueeze", Input.Count: > 0 } unsqueeze
        && GraphWalk.Producer(graph, unsqueeze.Input[0]) is { OpType: "Gather" } gather && gather.Input.Count == 2
        && GraphWalk.Integer(graph, gather.Input[1]) == -1 && gather.Attribute.Any(static attribute => attribute is { Name: "axis", I: 1 })
            ? gather.Input[0]
            : null;

    private bool IsSmallConstant(string value) => GraphWalk.Tensor(graph, value) is { Dims.Count: <= 1 };

    private bool IsWeight(string value, int hops) =>
        GraphWalk.Tensor(graph, value) is not null
        || (hops > 0 && GraphWalk.Producer(graph, value) is { OpType: "Transpose" or "Cast" or "Identity" or "DequantizeLinear" } node
            && node.Input.Where(static input => input.Length > 0).All(input => IsWeight(input, hops - 1)));

    private static NodeProto WithNumber(NodeProto node, string name, long value)
    {
        node.Attribute.Add(new AttributeProto { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int });
        return node;
    }
}
