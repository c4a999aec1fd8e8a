namespace GenAiLab.Training.Autodiff;

/// <summary>A value of a <see cref="TensorGraph"/>: its name in the ONNX graph and its static shape.</summary>
/// <param name="Name">Unique in the graph.</param>
/// <param name="Shape">Every dimension known; empty for a scalar.</param>
public sealed record Tensor(string Name, int[] Shape)
{
    /// <summary>Number of elements.</summary>
    public int Length => Shape.Aggregate(1, static (product, dimension) => product * dimension);

    /// <summary>Number of dimensions.</summary>
    public int Rank => Shape.Length;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}[{string.Join(',', Shape)}]";
}
