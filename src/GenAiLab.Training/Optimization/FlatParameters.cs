using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;

namespace GenAiLab.Training.Optimization;

/// <summary>A weight's place in the flat vector that holds all of them.</summary>
/// <param name="Name">Name of the weight.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Decayed">Whether weight decay applies: to matrices, not to norm gains and biases.</param>
public sealed record ParameterSpecification(string Name, int[] Shape, bool Decayed)
{
    /// <summary>Number of elements.</summary>
    public int Length => Shape.Aggregate(1, static (product, dimension) => product * dimension);
}

/// <summary>All weights as one vector: the optimiser works on it whole, the model on named slices of it.</summary>
public static class FlatParameters
{
    /// <summary>Length of the vector.</summary>
    public static int Length(IEnumerable<ParameterSpecification> specifications) => specifications.Sum(static item => item.Length);

    /// <summary>Cuts a flat tensor into the named weights of a graph.</summary>
    public static Dictionary<string, Tensor> Slice(TensorGraph graph, Tensor flat, IReadOnlyList<ParameterSpecification> specifications)
    {
        var lengths = graph.Onnx.Integers([.. specifications.Select(static item => (long)item.Length)]);
        var names = graph.Onnx.Node("Split", "", [flat.Name, lengths], specifications.Count, ("axis", 0));
        return specifications.Select((item, at) => (item, name: names[at])).ToDictionary(
            static pair => pair.item.Name,
            pair => new Tensor(
                graph.Onnx.Node("Reshape", [pair.name, graph.Onnx.Integers([.. pair.item.Shape.Select(static dimension => (long)dimension)])]),
                pair.item.Shape));
    }

    /// <summary>The weights of a decoder, in the order of a checkpoint.</summary>
    public static List<ParameterSpecification> Of(LlamaConfig config) =>
        [.. config.Parameters().Select(static item => new ParameterSpecification(item.Name, item.Shape, item.IsMatrix))];

    /// <summary>Lays named weights one behind the other.</summary>
    /// <exception cref="ArgumentException">One is missing or of another size.</exception>
    public static float[] Pack(IReadOnlyDictionary<string, float[]> weights, IEnumerable<ParameterSpecification> specifications) =>
    [
        .. specifications.SelectMany(item => weights.TryGetValue(item.Name, out var values) && values.Length == item.Length
            ? values
            : throw new ArgumentException($"weight '{item.Name}' is missing or of another size", nameof(weights))),
    ];

    /// <summary>Copies the named weights out of a flat vector.</summary>
    public static Dictionary<string, float[]> Unpack(ReadOnlySpan<float> flat, IEnumerable<ParameterSpecification> specifications)
    {
        var weights = new Dictionary<string, float[]>();
        foreach (var item in specifications)
        {
            weights[item.Name] = flat[..item.Length].ToArray();
            flat = flat[item.Length..];
        }

        return weights;
    }
}
