using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Graphs;

/// <summary>
/// What ONNX Runtime does not check itself: a graph that is wrong here would not fail but end the process, run for
/// ever, or take all memory. Found by damaging graphs; see the tests of hostile folders.
/// </summary>
internal static class KernelGuard
{
    private const int Cosine = 7;
    private const int Positions = 9;

    // Of a tensor that is made of nothing but its size; the largest that a decoder has a use for is a mask of its window.
    private const long MaximumNumbers = 1L << 28;

    /// <summary>Checks a graph, those within it too.</summary>
    /// <exception cref="ModelFolderException">It must not be run.</exception>
    public static void Check(GraphProto graph, DecoderConfig config) => Check(graph, graph, config);

    private static void Check(GraphProto graph, GraphProto outer, DecoderConfig config)
    {
        foreach (var node in graph.Node)
        {
            switch (node.OpType)
            {
                case "Loop" or "Scan":
                    throw new ModelFolderException(config.GraphFile, $"it has a {node.OpType}, whose end nobody can foresee");
                case "ConstantOfShape" or "Expand" or "Tile" or "Range" or "Pad" or "OneHot" or "Resize" or "Upsample" or "AffineGrid":
                    CheckSize(node.OpType, node.Input.SelectMany(input => GraphWalk.Integers(graph, input).Concat(ReferenceEquals(graph, outer) ? [] : GraphWalk.Integers(outer, input))), config);
                    break;
                case "RandomNormal" or "RandomUniform":
                    CheckSize(node.OpType, node.Attribute.SelectMany(static attribute => attribute.Ints), config);
                    break;
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

    private static void CheckSize(string operation, IEnumerable<long> numbers, DecoderConfig config)
    {
        Int128 product = 1;
        foreach (var number in numbers.Where(static number => number > 1))
        {
            product *= number;
            if (product > MaximumNumbers)
            {
                throw new ModelFolderException(config.GraphFile, $"its {operation} makes more than {MaximumNumbers:N0} numbers of nothing");
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
