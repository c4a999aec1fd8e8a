using GenAiLab.Models.Onnx;
using GenAiLab.Training.Autodiff;

namespace GenAiLab.Training.Optimization;

/// <summary>Constants of AdamW (Loshchilov &amp; Hutter 2019, arXiv:1711.05101) and of clipping by global norm.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled decay per unit of learning rate, on matrices only.</param>
/// <param name="ClipNorm">Gradients of a larger norm are scaled down to it.</param>
public sealed record AdamWConstants(float Beta1 = 0.9f, float Beta2 = 0.95f, float Epsilon = 1e-8f, float WeightDecay = 0.1f, float ClipNorm = 1);

/// <summary>
/// Appends the gradient, its clipping and one AdamW update to a graph, over flat vectors. Inputs
/// <c>first_moment</c>, <c>second_moment</c>, <c>learning_rate</c>, <c>correction1</c> and
/// <c>correction2</c> (1 − βᵗ); outputs <c>next_parameters</c>, <c>next_first_moment</c>,
/// <c>next_second_moment</c>, <c>loss</c> and <c>gradient_norm</c>.
/// </summary>
internal static class AdamWGraph
{
    public static void Append(
        TensorGraph graph, Tensor parameters, IReadOnlyDictionary<string, Tensor> weights,
        IReadOnlyList<ParameterSpecification> specifications, Tensor loss, AdamWConstants constants)
    {
        var onnx = graph.Onnx;
        var length = parameters.Length;
        var gradients = graph.Gradients(loss, [.. specifications.Select(item => weights[item.Name])]);
        var flat = onnx.Node(
            "Concat", [.. gradients.Select(gradient => onnx.Node("Reshape", [gradient.Name, onnx.Integers(-1)]))], ("axis", 0));
        var norm = onnx.Node("Sqrt", [onnx.Node("ReduceSumSquare", [flat], ("keepdims", 0))]);
        var factor = onnx.Node("Min", [onnx.Scalar(1), onnx.Node("Div", [onnx.Scalar(constants.ClipNorm), onnx.Node("Add", [norm, onnx.Scalar(1e-6f)])])]);
        var clipped = onnx.Node("Mul", [flat, factor]);

        var first = Blend("first_moment", clipped, constants.Beta1);
        var second = Blend("second_moment", onnx.Node("Mul", [clipped, clipped]), constants.Beta2);
        var rate = onnx.Input("learning_rate", OnnxElementType.Float);
        var direction = onnx.Node(
            "Div",
            [
                onnx.Node("Div", [first, onnx.Input("correction1", OnnxElementType.Float)]),
                onnx.Node("Add", [onnx.Node("Sqrt", [onnx.Node("Div", [second, onnx.Input("correction2", OnnxElementType.Float)])]), onnx.Scalar(constants.Epsilon)]),
            ]);
        var decay = new float[length];
        var offset = 0;
        foreach (var item in specifications)
        {
            decay.AsSpan(offset, item.Length).Fill(item.Decayed ? constants.WeightDecay : 0);
            offset += item.Length;
        }

        var decayed = onnx.Node("Add", [direction, onnx.Node("Mul", [parameters.Name, onnx.Floats("weight_decay", decay, length)])]);
        var next = onnx.Node("Sub", [parameters.Name, onnx.Node("Mul", [decayed, rate])]);

        graph.Output("next_parameters", new Tensor(next, [length]));
        graph.Output("next_first_moment", new Tensor(first, [length]));
        graph.Output("next_second_moment", new Tensor(second, [length]));
        graph.Output("loss", loss);
        graph.Output("gradient_norm", new Tensor(norm, []));

        string Blend(string name, string value, float beta)
        {
            var old = onnx.Input(name, OnnxElementType.Float, length);
            return onnx.Node("Add", [onnx.Node("Mul", [old, onnx.Scalar(beta)]), onnx.Node("Mul", [value, onnx.Scalar(1 - beta)])]);
        }
    }
}
