namespace GenAiLab.Training.Autodiff;

// What moves elements and computes nothing.
public sealed partial class TensorGraph
{
    /// <summary>The same elements in another shape.</summary>
    public Tensor Reshape(Tensor value, params int[] shape) => Record(
        RawReshape(value, shape), [value], (gradient, _) => RawReshape(gradient, value.Shape));

    /// <summary>Reorders the dimensions: dimension i of the result is dimension <c>permutation[i]</c> of the value.</summary>
    public Tensor Transpose(Tensor value, params int[] permutation)
    {
        var inverse = new int[permutation.Length];
        for (var at = 0; at < permutation.Length; at++)
        {
            inverse[permutation[at]] = at;
        }

        return Record(RawTranspose(value, permutation), [value], (gradient, _) => RawTranspose(gradient, inverse));
    }

    /// <summary>
    /// Rows of a table [rows, width] at <paramref name="indices"/> [n] → [n, width]. The gradient is a product
    /// with the one-hot matrix of the indices: faster on CPU than scattered additions at small vocabularies.
    /// </summary>
    public Tensor Rows(Tensor table, Tensor indices)
    {
        var output = Raw("Gather", [indices.Shape[0], table.Shape[1]], [table, indices], ("axis", 0));
        return Record(output, [table], (gradient, _) => Product(OneHot(indices, table.Shape[0]), gradient, true, false, 1, table.Shape));
    }

    private Tensor RawReshape(Tensor value, int[] shape) => Raw("Reshape", shape, [value, Integers(shape)]);

    private Tensor RawTranspose(Tensor value, int[] permutation) => Raw(
        "Transpose", [.. permutation.Select(dimension => value.Shape[dimension])], [value], ("perm", Longs(permutation)));

    private Tensor OneHot(Tensor indices, int classes)
    {
        var values = new Tensor(Onnx.Floats($"{indices.Name}_off_on_{_oneHots++}", [0, 1], 2), [2]);
        return Raw("OneHot", [.. indices.Shape, classes], [indices, Integers(classes), values], ("axis", -1));
    }

    private int _oneHots;
}
