using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Sounds.Hearing;

/// <summary>
/// The discriminative direction for sounds: convolutions over bands and time, each of which halves both, with a bias for every place and a
/// rectifier, then a linear layer, as for pictures. One definition for training and serving.
/// </summary>
internal sealed class HearingModel(HearingOptions options, int labels)
{
    private const int Kernel = 3;

    /// <summary>Every weight in the order of the flat vector.</summary>
    public IReadOnlyList<ParameterSpecification> Parameters
    {
        get
        {
            var parameters = new List<ParameterSpecification>();
            var (channels, height, width) = (1, LogMelGraph.Bands, LogMelGraph.Moments);
            foreach (var (layer, outputs) in options.Widths.Index())
            {
                (height, width) = ((height + 1) / 2, (width + 1) / 2);
                parameters.Add(new ParameterSpecification($"{layer}.kernels", [outputs, channels, Kernel, Kernel], true));
                parameters.Add(new ParameterSpecification($"{layer}.bias", [outputs, height, width], false));
                channels = outputs;
            }

            return [.. parameters, new("head", [channels * height * width, labels], true), new("head_bias", [labels], false)];
        }
    }

    /// <summary>Emits the logits [batch, labels] of log-mel bands.</summary>
    public Tensor Logits(TensorGraph graph, IReadOnlyDictionary<string, Tensor> weights, Tensor bands, int batch)
    {
        var value = bands;
        for (var layer = 0; layer < options.Widths.Count; layer++)
        {
            value = graph.Relu(graph.Add(graph.Convolve(value, weights[$"{layer}.kernels"], stride: 2, padding: 1), weights[$"{layer}.bias"]));
        }

        return graph.Add(graph.MatrixProduct(graph.Reshape(value, batch, value.Length / batch), weights["head"]), weights["head_bias"]);
    }
}
