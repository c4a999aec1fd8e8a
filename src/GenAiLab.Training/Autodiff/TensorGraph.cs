using GenAiLab.Models.Onnx;

namespace GenAiLab.Training.Autodiff;

/// <summary>
/// A graph of tensors whose operations know their gradients. Reverse-mode differentiation (Griewank &amp;
/// Walther 2008, §3.2) appends the gradient to the same ONNX graph as ordinary nodes, so that forward,
/// backward and optimiser are one run of ONNX Runtime. Shapes are static; what isn't an operation here
/// is not differentiable.
/// </summary>
public sealed partial class TensorGraph
{
    private readonly List<Step> _tape = [];

    /// <summary>The ONNX graph being written.</summary>
    public OnnxGraphBuilder Onnx { get; } = new("training");

    /// <summary>A float graph input.</summary>
    public Tensor Input(string name, params int[] shape) =>
        new(Onnx.Input(name, OnnxElementType.Float, [.. shape.Select(static dimension => (object)dimension)]), shape);

    /// <summary>A graph input of token ids or class indices. It has no gradient.</summary>
    public Tensor IndexInput(string name, params int[] shape) =>
        new(Onnx.Input(name, OnnxElementType.Int64, [.. shape.Select(static dimension => (object)dimension)]), shape);

    /// <summary>A constant. It has no gradient.</summary>
    public Tensor Constant(string name, float[] values, params int[] shape) =>
        new(Onnx.Floats(name, values, Longs(shape)), shape);

    /// <summary>Declares an output.</summary>
    public void Output(string name, Tensor value)
    {
        Onnx.Add("Identity", "", [value.Name], [name]);
        Onnx.Output(name, OnnxElementType.Float, [.. value.Shape.Select(static dimension => (object)dimension)]);
    }

    /// <summary>
    /// The gradients of a scalar with respect to <paramref name="inputs"/>, in their order and shapes.
    /// </summary>
    /// <exception cref="ArgumentException">The loss is not a scalar or does not depend on an input.</exception>
    public Tensor[] Gradients(Tensor loss, IReadOnlyList<Tensor> inputs)
    {
        if (loss.Length != 1)
        {
            throw new ArgumentException($"the loss must be one number, not {loss}", nameof(loss));
        }

        var needed = DependentsOf(inputs);
        var gradients = new Dictionary<string, Tensor> { [loss.Name] = Constant("loss_gradient", [1], loss.Shape) };
        foreach (var step in Enumerable.Reverse(_tape.ToArray()))
        {
            if (!gradients.TryGetValue(step.Output.Name, out var gradient))
            {
                continue;
            }

            for (var at = 0; at < step.Inputs.Length; at++)
            {
                var input = step.Inputs[at];
                if (needed.Contains(input.Name) && step.Gradient(gradient, at) is { } part)
                {
                    gradients[input.Name] = gradients.TryGetValue(input.Name, out var sum) ? Raw("Add", sum.Shape, [sum, part]) : part;
                }
            }
        }

        return [.. inputs.Select(input => gradients.TryGetValue(input.Name, out var gradient)
            ? gradient
            : throw new ArgumentException($"the loss does not depend on {input}", nameof(inputs)))];
    }

    // The names of the inputs and of every value computed from them.
    private HashSet<string> DependentsOf(IEnumerable<Tensor> inputs)
    {
        var names = inputs.Select(static input => input.Name).ToHashSet();
        foreach (var step in _tape.Where(step => step.Inputs.Any(input => names.Contains(input.Name))))
        {
            names.Add(step.Output.Name);
        }

        return names;
    }

    // Adds an operation with its gradient: (gradient of the output, which input) → gradient of that input, or null for none.
    private Tensor Record(Tensor output, Tensor[] inputs, Func<Tensor, int, Tensor?> gradient)
    {
        _tape.Add(new Step(output, inputs, gradient));
        return output;
    }

    // A node without a gradient, for use inside of operations and gradients.
    private Tensor Raw(string operation, int[] shape, ReadOnlySpan<Tensor> inputs, params ReadOnlySpan<(string, object)> attributes) =>
        new(Onnx.Node(operation, Names(inputs), attributes), shape);

    private Tensor RawMicrosoft(string operation, int[] shape, ReadOnlySpan<Tensor> inputs, params ReadOnlySpan<(string, object)> attributes) =>
        new(Onnx.MicrosoftNode(operation, Names(inputs), attributes), shape);

    private Tensor Integers(params int[] values) => new(Onnx.Integers(Longs(values)), [values.Length]);

    private Tensor Scalar(float value) => new(Onnx.Scalar(value), []);

    private static string[] Names(ReadOnlySpan<Tensor> tensors)
    {
        var names = new string[tensors.Length];
        for (var at = 0; at < names.Length; at++)
        {
            names[at] = tensors[at].Name;
        }

        return names;
    }

    private static long[] Longs(IEnumerable<int> values) => [.. values.Select(static value => (long)value)];

    private sealed record Step(Tensor Output, Tensor[] Inputs, Func<Tensor, int, Tensor?> Gradient);
}
