using GenAiLab.Models.Onnx;

namespace GenAiLab.Models.Folders;

/// <summary>
/// Refuses what would run for ever or take all memory, in whatever graph: loops, and tensors that are made of nothing but their size.
/// Found by damaging graphs; see the tests of hostile folders.
/// </summary>
public static class OperatorCheck
{
    // The largest that a model has a use for is a mask of its window.
    private const long MaximumNumbers = 1L << 28;

    /// <summary>Checks a graph, those within it too.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="file">Its name in errors.</param>
    /// <exception cref="ModelFolderException">It must not be run.</exception>
    public static void Check(GraphProto graph, string file) => Check(graph, graph, file);

    private static void Check(GraphProto graph, GraphProto outer, string file)
    {
        foreach (var node in graph.Node)
        {
            switch (node.OpType)
            {
                case "Loop" or "Scan":
                    throw new ModelFolderException(file, $"it has a {node.OpType}, whose end nobody can foresee");
                case "ConstantOfShape" or "Expand" or "Tile" or "Range" or "Pad" or "OneHot" or "Resize" or "Upsample" or "AffineGrid":
                    CheckSize(node.OpType, node.Input.SelectMany(input => GraphWalk.Integers(graph, input).Concat(ReferenceEquals(graph, outer) ? [] : GraphWalk.Integers(outer, input))), file);
                    break;
                case "RandomNormal" or "RandomUniform":
                    CheckSize(node.OpType, node.Attribute.SelectMany(static attribute => attribute.Ints), file);
                    break;
            }

            foreach (var attribute in node.Attribute)
            {
                foreach (var inner in attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G))
                {
                    Check(inner, outer, file);
                }
            }
        }
    }

    private static void CheckSize(string operation, IEnumerable<long> numbers, string file)
    {
        Int128 product = 1;
        foreach (var number in numbers.Where(static number => number > 1))
        {
            product *= number;
            if (product > MaximumNumbers)
            {
                throw new ModelFolderException(file, $"its {operation} makes more than {MaximumNumbers:N0} numbers of nothing");
            }
        }
    }
}
