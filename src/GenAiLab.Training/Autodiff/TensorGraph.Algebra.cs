namespace GenAiLab.Training.Autodiff;

// Sums, products and matrix products.
public sealed partial class TensorGraph
{
    /// <summary>Sum of two tensors; <paramref name="right"/> has the same shape or that of the last dimensions.</summary>
    public Tensor Add(Tensor left, Tensor right) => Record(
        Raw("Add", left.Shape, [left, right]), [left, right],
        (gradient, at) => at == 0 ? gradient : SumTo(gradient, right.Shape));

    /// <summary>Difference of two tensors of one shape.</summary>
    public Tensor Subtract(Tensor left, Tensor right) => Record(
        Raw("Sub", left.Shape, [left, right]), [left, right],
        (gradient, at) => at == 0 ? gradient : Raw("Neg", gradient.Shape, [gradient]));

    /// <summary>Product, element by element; <paramref name="right"/> has the same shape or that of the last dimensions.</summary>
    public Tensor Multiply(Tensor left, Tensor right) => Record(
        Raw("Mul", left.Shape, [left, right]), [left, right],
        (gradient, at) => at == 0
            ? Raw("Mul", left.Shape, [gradient, right])
            : SumTo(Raw("Mul", left.Shape, [gradient, left]), right.Shape));

    /// <summary>Product with a number.</summary>
    public Tensor Scale(Tensor value, float factor)
    {
        var scalar = Scalar(factor);
        return Record(Raw("Mul", value.Shape, [value, scalar]), [value], (gradient, _) => Raw("Mul", gradient.Shape, [gradient, scalar]));
    }

    /// <summary>
    /// Matrix product over the last two dimensions, times <paramref name="alpha"/>; the leading dimensions are equal.
    /// With <paramref name="transposeRight"/> the right matrix is [.., N, K].
    /// </summary>
    public Tensor MatrixProduct(Tensor left, Tensor right, bool transposeRight = false, float alpha = 1)
    {
        var columns = transposeRight ? right.Shape[^2] : right.Shape[^1];
        var output = Product(left, right, false, transposeRight, alpha, [.. left.Shape[..^1], columns]);
        return Record(output, [left, right], (gradient, at) => (at, transposeRight) switch
        {
            (0, false) => Product(gradient, right, false, true, alpha, left.Shape),
            (0, true) => Product(gradient, right, false, false, alpha, left.Shape),
            (_, false) => Product(left, gradient, true, false, alpha, right.Shape),
            (_, true) => Product(gradient, left, true, false, alpha, right.Shape),
        });
    }

    /// <summary>The sum of all elements, a scalar.</summary>
    public Tensor Sum(Tensor value) => Record(
        Raw("ReduceSum", [], [value], ("keepdims", 0)), [value],
        (gradient, _) => Raw("Expand", value.Shape, [gradient, Integers(value.Shape)]));

    private Tensor Product(Tensor left, Tensor right, bool transposeLeft, bool transposeRight, float alpha, int[] shape) => RawMicrosoft(
        "FusedMatMul", shape, [left, right],
        ("transA", transposeLeft ? 1 : 0), ("transB", transposeRight ? 1 : 0), ("alpha", alpha));

    // The adjoint of broadcasting over the leading dimensions.
    private Tensor SumTo(Tensor gradient, int[] shape)
    {
        var leading = gradient.Rank - shape.Length;
        return leading == 0
            ? gradient
            : Raw("ReduceSum", shape, [gradient, Integers([.. Enumerable.Range(0, leading)])], ("keepdims", 0));
    }
}
