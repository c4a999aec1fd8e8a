using GenAiLab.Training.Autodiff;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Tests.Autodiff;

/// <summary>Every operation's gradient against central finite differences of its own forward pass.</summary>
public sealed class GradientTests
{
    // f32 forward passes leave about 1e-3 of noise in a difference quotient at this width.
    private const float Width = 1e-2f;
    private const double Tolerance = 2e-2;

    private static readonly Dictionary<string, Func<TensorGraph, Tensor, Tensor, Tensor>> Operations = new()
    {
        ["add"] = static (g, x, y) => g.Add(x, y),
        ["add, broadcast"] = static (g, x, y) => g.Add(x, Vector(g, y)),
        ["subtract"] = static (g, x, y) => g.Subtract(x, y),
        ["multiply"] = static (g, x, y) => g.Multiply(x, y),
        ["multiply, broadcast"] = static (g, x, y) => g.Multiply(x, Vector(g, y)),
        ["scale"] = static (g, x, _) => g.Scale(x, -1.7f),
        ["matrix product"] = static (g, x, y) => g.MatrixProduct(x, g.Transpose(y, 1, 0)),
        ["matrix product, transposed"] = static (g, x, y) => g.MatrixProduct(x, y, transposeRight: true, alpha: 0.3f),
        ["matrix product, batched"] = static (g, x, y) => g.MatrixProduct(g.Reshape(x, 2, 2, 6), g.Reshape(y, 2, 6, 2)),
        ["matrix product, batched and transposed"] = static (g, x, y) => g.MatrixProduct(g.Reshape(x, 2, 2, 6), g.Reshape(y, 2, 2, 6), transposeRight: true),
        ["reshape"] = static (g, x, _) => g.Reshape(x, 3, 8),
        ["transpose"] = static (g, x, _) => g.Transpose(g.Reshape(x, 2, 3, 4), 2, 0, 1),
        ["relu"] = static (g, x, _) => g.Relu(x),
        ["silu"] = static (g, x, _) => g.Silu(x),
        ["softmax"] = static (g, x, _) => g.Softmax(x),
        ["root mean square norm"] = static (g, x, y) => g.RootMeanSquareNorm(x, Vector(g, y), 1e-5f),
        ["rotate"] = static (g, x, _) => g.Rotate(
            g.Reshape(x, 4, 1, 6), g.Constant("cosine", Values(12, 5), 4, 1, 3), g.Constant("sine", Values(12, 6), 4, 1, 3)),
        ["rows"] = static (g, x, _) => g.Rows(x, Indices(g, [3, 0, 3])),
        ["cross-entropy"] = static (g, x, _) => g.CrossEntropy(x, Indices(g, [5, 0, 2, 2]), g.Constant("mask", [1, 0, 0.5f, 1], 4)),
        ["log-probability"] = static (g, x, _) => g.LogProbability(x, Indices(g, [5, 0, 2, 2])),
        ["exp"] = static (g, x, _) => g.Exp(x),
        ["log-sigmoid"] = static (g, x, _) => g.LogSigmoid(g.Scale(x, 4)),
        ["convolution"] = static (g, x, y) => g.Convolve(g.Reshape(x, 1, 2, 3, 4), g.Reshape(y, 3, 2, 2, 2), stride: 1, padding: 0),
        ["convolution, strided"] = static (g, x, y) => g.Convolve(g.Reshape(x, 1, 2, 3, 4), g.Reshape(y, 3, 2, 2, 2), stride: 2, padding: 1),
        ["convolution of a batch"] = static (g, x, y) => g.Convolve(g.Reshape(x, 3, 2, 2, 2), g.Reshape(y, 3, 2, 2, 2), stride: 2, padding: 1),
        ["select rows"] = static (g, x, _) => g.SelectRows(x, Indices(g, [3, 0, 3])),
        ["a value used twice"] = static (g, x, y) => g.Add(g.Multiply(x, y), g.Multiply(x, x)),
    };

    public static TheoryData<string> Names => [.. Operations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_is_that_of_the_function(string operation)
    {
        float[] x = Values(24, 1), y = Values(24, 2);
        var (_, gradients) = Evaluate(operation, x, y);
        for (var input = 0; input < gradients.Length; input++)
        {
            for (var at = 0; at < 24; at++)
            {
                var value = input == 0 ? x : y;
                var original = value[at];
                value[at] = original + Width;
                var above = Evaluate(operation, x, y).Loss;
                value[at] = original - Width;
                var below = Evaluate(operation, x, y).Loss;
                value[at] = original;
                var expected = (above - below) / (2 * Width);
                Assert.True(
                    Math.Abs(expected - gradients[input][at]) <= Tolerance * Math.Max(1, Math.Abs(expected)),
                    $"input {input}, element {at}: {gradients[input][at]} against {expected} by differences");
            }
        }
    }

    // The loss weighs every element of the output differently, so that no error cancels.
    private static (double Loss, float[][] Gradients) Evaluate(string operation, float[] x, float[] y)
    {
        var graph = new TensorGraph();
        var inputs = new[] { graph.Input("x", 4, 6), graph.Input("y", 4, 6) };
        var output = Operations[operation](graph, inputs[0], inputs[1]);
        var weighted = graph.Multiply(output, graph.Constant("output_weights", Values(output.Length, 3), output.Shape));
        var loss = graph.Sum(weighted);
        var used = inputs.Where(input => Depends(graph, loss, input)).ToList();
        var gradients = graph.Gradients(loss, used);
        graph.Output("loss", loss);
        for (var at = 0; at < gradients.Length; at++)
        {
            graph.Output($"gradient{at}", gradients[at]);
        }

        using var session = new InferenceSession(graph.Onnx.Build().ToByteArray());
        using var xValue = OrtValue.CreateTensorValueFromMemory(x, [4, 6]);
        using var yValue = OrtValue.CreateTensorValueFromMemory(y, [4, 6]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x", "y"], [xValue, yValue], session.OutputNames);
        return (results[0].GetTensorDataAsSpan<float>()[0], [.. Enumerable.Range(1, gradients.Length).Select(at => results[at].GetTensorDataAsSpan<float>().ToArray())]);
    }

    private static bool Depends(TensorGraph graph, Tensor loss, Tensor input)
    {
        try
        {
            graph.Gradients(loss, [input]);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // Deterministic, away from 0, where ReLU has no derivative.
    private static float[] Values(int count, int salt) =>
        [.. Enumerable.Range(0, count).Select(at => ((at * 7 + salt * 5) % 13 - 6.5f) / 5)];

    private static Tensor Vector(TensorGraph graph, Tensor y) => graph.Reshape(graph.Rows(y, Indices(graph, [1])), 6);

    private static Tensor Indices(TensorGraph graph, long[] values) =>
        new(graph.Onnx.Integers($"indices_{string.Join('_', values)}", values, values.Length), [values.Length]);
}
