namespace GenAiLab.Training.Autodiff;

// The functions of a neural network, each with its derivative in closed form.
public sealed partial class TensorGraph
{
    /// <summary>max(x, 0).</summary>
    public Tensor Relu(Tensor value)
    {
        var output = Raw("Relu", value.Shape, [value]);
        return Record(output, [value], (gradient, _) => Raw("Mul", value.Shape, [gradient, Raw("Sign", value.Shape, [output])]));
    }

    /// <summary>x · σ(x), SiLU (Elfwing et al. 2018, arXiv:1702.03118); derivative σ + y (1 − σ).</summary>
    public Tensor Silu(Tensor value)
    {
        var sigmoid = Raw("Sigmoid", value.Shape, [value]);
        var output = Raw("Mul", value.Shape, [value, sigmoid]);
        return Record(output, [value], (gradient, _) =>
        {
            var rest = Raw("Mul", value.Shape, [output, Raw("Sub", value.Shape, [Scalar(1), sigmoid])]);
            return Raw("Mul", value.Shape, [gradient, Raw("Add", value.Shape, [sigmoid, rest])]);
        });
    }

    /// <summary>Softmax over the last dimension; derivative y (g − Σ g y).</summary>
    public Tensor Softmax(Tensor value)
    {
        var output = Raw("Softmax", value.Shape, [value], ("axis", -1));
        return Record(output, [value], (gradient, _) =>
        {
            var weighted = Raw("Mul", value.Shape, [gradient, output]);
            var total = LastSum(weighted);
            return Raw("Mul", value.Shape, [output, Raw("Sub", value.Shape, [gradient, total])]);
        });
    }

    /// <summary>
    /// x / √(mean(x²) + ε) · gain over the last dimension (Zhang &amp; Sennrich 2019, arXiv:1910.07467).
    /// With n = x / rms and h = g · gain: derivative (h − n · mean(h n)) / rms.
    /// </summary>
    public Tensor RootMeanSquareNorm(Tensor value, Tensor gain, float epsilon)
    {
        int[] perRow = [.. value.Shape[..^1], 1];
        var width = Scalar(1f / value.Shape[^1]);
        var square = Raw("ReduceSumSquare", perRow, [value, Integers(-1)], ("keepdims", 1));
        var mean = Raw("Add", perRow, [Raw("Mul", perRow, [square, width]), Scalar(epsilon)]);
        var inverse = Raw("Reciprocal", perRow, [Raw("Sqrt", perRow, [mean])]);
        var normed = Raw("Mul", value.Shape, [value, inverse]);
        return Record(Raw("Mul", value.Shape, [normed, gain]), [value, gain], (gradient, at) =>
        {
            if (at == 1)
            {
                return SumTo(Raw("Mul", value.Shape, [gradient, normed]), gain.Shape);
            }

            var scaled = Raw("Mul", value.Shape, [gradient, gain]);
            var projection = Raw("Mul", perRow, [LastSum(Raw("Mul", value.Shape, [scaled, normed])), width]);
            var tangent = Raw("Sub", value.Shape, [scaled, Raw("Mul", value.Shape, [normed, projection])]);
            return Raw("Mul", value.Shape, [tangent, inverse]);
        });
    }

    /// <summary>
    /// Rotary position embedding, half-split form (Su et al. 2021, arXiv:2104.09864): pairs (i, i + d/2) of the
    /// last dimension are rotated. Its gradient is the rotation back.
    /// </summary>
    /// <param name="value">[positions, ..., d].</param>
    /// <param name="cosine">Constant, [positions, 1, ..., d/2].</param>
    /// <param name="sine">The same.</param>
    public Tensor Rotate(Tensor value, Tensor cosine, Tensor sine) => Record(
        Rotation(value, cosine, sine, back: false), [value], (gradient, _) => Rotation(gradient, cosine, sine, back: true));

    /// <summary>
    /// Mean cross-entropy in nats: Σ wᵢ · −log softmax(logitsᵢ)[targetᵢ] / Σ wᵢ, a scalar.
    /// Derivative (softmax − onehot) wᵢ / Σ w.
    /// </summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="targets">Indices, [rows].</param>
    /// <param name="weights">[rows], at least one of them above 0: the loss mask.</param>
    public Tensor CrossEntropy(Tensor logits, Tensor targets, Tensor weights)
    {
        var (rows, classes) = (logits.Shape[0], logits.Shape[1]);
        var share = RawReshape(Raw("Div", [rows], [weights, Raw("ReduceSum", [], [weights], ("keepdims", 0))]), [rows, 1]);
        var logProbabilities = Raw("LogSoftmax", logits.Shape, [logits], ("axis", -1));
        var chosen = Raw("GatherElements", [rows, 1], [logProbabilities, RawReshape(targets, [rows, 1])], ("axis", 1));
        var loss = Raw("Neg", [], [Raw("ReduceSum", [], [Raw("Mul", [rows, 1], [chosen, share])], ("keepdims", 0))]);
        return Record(loss, [logits], (gradient, _) =>
        {
            var error = Raw("Sub", logits.Shape, [Raw("Exp", logits.Shape, [logProbabilities]), OneHot(targets, classes)]);
            return Raw("Mul", logits.Shape, [error, Raw("Mul", [rows, 1], [share, gradient])]);
        });
    }

    private Tensor LastSum(Tensor value) =>
        Raw("ReduceSum", [.. value.Shape[..^1], 1], [value, Integers(-1)], ("keepdims", 1));

    private Tensor Rotation(Tensor value, Tensor cosine, Tensor sine, bool back)
    {
        int[] half = [.. value.Shape[..^1], value.Shape[^1] / 2];
        var parts = Onnx.Node("Split", "", [value.Name], 2, ("axis", -1), ("num_outputs", 2));
        var (first, second) = (new Tensor(parts[0], half), new Tensor(parts[1], half));
        var (forward, backward) = back ? ("Add", "Sub") : ("Sub", "Add");
        var left = Raw(forward, half, [Raw("Mul", half, [first, cosine]), Raw("Mul", half, [second, sine])]);
        var right = Raw(backward, half, [Raw("Mul", half, [second, cosine]), Raw("Mul", half, [first, sine])]);
        return Raw("Concat", value.Shape, [left, right], ("axis", -1));
    }
}
