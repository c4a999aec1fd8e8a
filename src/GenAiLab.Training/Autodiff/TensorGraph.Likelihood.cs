namespace GenAiLab.Training.Autodiff;

// What fine-tuning is made of: log-probabilities token by token, and functions of them.
public sealed partial class TensorGraph
{
    /// <summary>log softmax(logitsᵢ)[targetᵢ] in nats, for each row; derivative (onehot − softmax) · gradientᵢ.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="targets">Indices, [rows].</param>
    /// <returns>[rows].</returns>
    public Tensor LogProbability(Tensor logits, Tensor targets)
    {
        var rows = logits.Shape[0];
        var logProbabilities = Raw("LogSoftmax", logits.Shape, [logits], ("axis", -1));
        var column = RawReshape(targets, [rows, 1]);
        var chosen = RawReshape(Raw("GatherElements", [rows, 1], [logProbabilities, column], ("axis", 1)), [rows]);
        return Record(chosen, [logits], (gradient, _) =>
        {
            var perRow = RawReshape(gradient, [rows, 1]);
            var spread = Raw("Mul", logits.Shape, [Raw("Exp", logits.Shape, [logProbabilities]), Raw("Neg", [rows, 1], [perRow])]);
            return Raw("ScatterElements", logits.Shape, [spread, column, perRow], ("axis", 1), ("reduction", "add"));
        });
    }

    /// <summary>eˣ.</summary>
    public Tensor Exp(Tensor value)
    {
        var output = Raw("Exp", value.Shape, [value]);
        return Record(output, [value], (gradient, _) => Raw("Mul", value.Shape, [gradient, output]));
    }

    /// <summary>log σ(x) = −softplus(−x), without overflow; derivative σ(−x).</summary>
    public Tensor LogSigmoid(Tensor value)
    {
        var negative = Raw("Neg", value.Shape, [value]);
        var output = Raw("Neg", value.Shape, [Raw("Softplus", value.Shape, [negative])]);
        return Record(output, [value], (gradient, _) => Raw("Mul", value.Shape, [gradient, Raw("Sigmoid", value.Shape, [negative])]));
    }

    /// <summary>
    /// Some rows of a value [rows, width] → [n, width]. Its gradient is added element by element, in the order of the
    /// indices; <see cref="Rows"/>, whose gradient is a matrix product, is for tables of few rows. Not by ScatterND, which
    /// adds by several threads: where a row is taken more than once they lose each other's sums.
    /// </summary>
    /// <param name="value">[rows, width].</param>
    /// <param name="indices">Row numbers, [n]; a row may be taken more than once.</param>
    public Tensor SelectRows(Tensor value, Tensor indices)
    {
        var (count, width) = (indices.Shape[0], value.Shape[1]);
        var output = Raw("Gather", [count, width], [value, indices], ("axis", 0));
        return Record(output, [value], (gradient, _) =>
        {
            var zeros = Raw("ConstantOfShape", value.Shape, [Integers(value.Shape)]);
            var elements = Raw("Expand", [count, width], [RawReshape(indices, [count, 1]), Integers(count, width)]);
            return Raw("ScatterElements", value.Shape, [zeros, elements, gradient], ("axis", 0), ("reduction", "add"));
        });
    }
}
