using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Pictures.Seeing;

/// <summary>
/// The discriminative direction for pictures: convolutions, all but the first of which halve the sides, each with a bias for every place
/// and a rectifier, then a linear layer (after LeNet, LeCun et al. 1998). One definition for training and serving.
/// </summary>
internal sealed class SeeingModel(SeeingOptions options, int inputs, int labels)
{
    private const int Kernel = 3;

    /// <summary>Every weight in the order of the flat vector.</summary>
    public IReadOnlyList<ParameterSpecification> Parameters
    {
        get
        {
            var parameters = new List<ParameterSpecification>();
            var (channels, side) = (inputs, Artist.Side);
            foreach (var (layer, width) in options.Widths.Index())
            {
                side /= Stride(layer);
                parameters.Add(new ParameterSpecification($"{layer}.kernels", [width, channels, Kernel, Kernel], true));
                parameters.Add(new ParameterSpecification($"{layer}.bias", [width, side, side], false));
                channels = width;
            }

            return [.. parameters, new("head", [channels * side * side, labels], true), new("head_bias", [labels], false)];
        }
    }

    private int Stride(int layer) => layer == 0 ? options.FirstStride : 2;

    /// <summary>Emits the logits [batch, labels] of pixels [batch, inputs, side, side], each in [−1, 1].</summary>
    public Tensor Logits(TensorGraph graph, IReadOnlyDictionary<string, Tensor> weights, Tensor pixels, int batch)
    {
        var value = pixels;
        for (var layer = 0; layer < options.Widths.Count; layer++)
        {
            value = graph.Relu(graph.Add(graph.Convolve(value, weights[$"{layer}.kernels"], Stride(layer), padding: 1), weights[$"{layer}.bias"]));
        }

        var features = graph.Reshape(value, batch, value.Length / batch);
        return graph.Add(graph.MatrixProduct(features, weights["head"]), weights["head_bias"]);
    }
}
