using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// What ONNX Runtime's attention kernels do not check themselves: a graph that is wrong here would not fail but end the process.
/// Found by damaging graphs; see the tests of hostile folders.
/// </summary>
internal static class KernelGuard
{
    private const int Cosine = 7;
    private const int Positions = 9;

    /// <summary>Checks a graph, those within it too.</summary>
    /// <exception cref="ModelFolderException">It must not be run.</exception>
    public static void Check(GraphProto graph, DecoderConfig config) => Check(graph, graph, config);

    private static void Check(GraphProto graph, GraphProto outer, DecoderConfig config)
    {
        foreach (var node in graph.Node)
        {
            switch (node.OpType)
            {
                case "GroupQueryAttention":
                    CheckPositions(node, Positions, config);
                    CheckTables(node, Cosine, outer, config);
                    break;
                case "RotaryEmbedding" when node.Domain == OnnxGraphBuilder.MicrosoftDomain:
                    CheckPositions(node, 1, config);
                    CheckTables(node, 2, outer, config);
                    break;
            }

            foreach (var attribute in node.Attribute)
            {
                foreach (var inner in attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G))
                {
                    Check(inner, outer, config);
                }
            }
        }
    }

    // Numbers from elsewhere would choose rows of the table, and there may be no such rows.
    private static void CheckPositions(NodeProto node, int place, DecoderConfig config)
    {
        if (node.Input.Count > place && node.Input[place].Length > 0 && node.Input[place] != config.Names.PositionIds)
        {
            throw new ModelFolderException(config.GraphFile, $"a {node.OpType} takes its positions from something else than '{config.Names.PositionIds}'");
        }
    }

    private static void CheckTables(NodeProto node, int place, GraphProto graph, DecoderConfig config)
    {
        foreach (var name in node.Input.Skip(place).Take(2))
        {
            if (GraphWalk.Tensor(graph, name) is { Dims: [var rows, ..] } && rows < config.ContextLength)
            {
                throw new ModelFolderException(
                    config.GraphFile, $"its rotary tables have {rows:N0} rows, but {config.ContextField} of {config.ConfigFile} promises {config.ContextLength:N0} tokens");
            }
        }
    }
}
