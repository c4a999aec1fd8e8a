using GenAiLab.Models.Llama;
using GenAiLab.Training.Autodiff;

namespace GenAiLab.Training.Llama;

/// <summary>
/// The training form of the model: rows are time-major (row = position × batch + sequence), so that every
/// linear layer is one 2-D product, and attention sees whole sequences under a causal mask.
/// </summary>
internal sealed class LlamaTrainingGraph : ILlamaEmitter<Tensor>
{
    private readonly TensorGraph _graph;
    private readonly LlamaConfig _config;
    private readonly IReadOnlyDictionary<string, Tensor> _parameters;
    private readonly Tensor _ids;
    private readonly int _batch;
    private readonly int _length;
    private readonly Tensor _cosine;
    private readonly Tensor _sine;
    private readonly Tensor _mask;

    private LlamaTrainingGraph(
        TensorGraph graph, LlamaConfig config, IReadOnlyDictionary<string, Tensor> parameters, Tensor ids, int batch, int length)
    {
        (_graph, _config, _parameters, _ids, _batch, _length) = (graph, config, parameters, ids, batch, length);
        var half = config.HeadSize / 2;
        var (cosine, sine) = config.RotaryTables(length);
        _cosine = graph.Constant("rotary_cosine", cosine, length, 1, 1, half);
        _sine = graph.Constant("rotary_sine", sine, length, 1, 1, half);

        // The query heads of one group lie below each other: [group × length, length].
        var group = config.Heads / config.KeyValueHeads;
        var mask = new float[group * length * length];
        for (var row = 0; row < group * length; row++)
        {
            for (var column = (row % length) + 1; column < length; column++)
            {
                mask[(row * length) + column] = -1e9f;
            }
        }

        _mask = graph.Constant("causal_mask", mask, group * length, length);
    }

    /// <summary>Emits the logits, [length × batch, vocabulary], for ids [length × batch].</summary>
    public static Tensor Logits(
        TensorGraph graph, LlamaConfig config, IReadOnlyDictionary<string, Tensor> parameters, Tensor ids, int batch, int length) =>
        LlamaModel.Emit(config, new LlamaTrainingGraph(graph, config, parameters, ids, batch, length));

    /// <summary>Emits the hidden states after the last norm, [length × batch, width], for ids [length × batch].</summary>
    public static Tensor Hidden(
        TensorGraph graph, LlamaConfig config, IReadOnlyDictionary<string, Tensor> parameters, Tensor ids, int batch, int length) =>
        LlamaModel.EmitBody(config, new LlamaTrainingGraph(graph, config, parameters, ids, batch, length));

    /// <summary>Emits the logits of hidden states [rows, width].</summary>
    public static Tensor Head(TensorGraph graph, IReadOnlyDictionary<string, Tensor> parameters, Tensor hidden) =>
        graph.MatrixProduct(hidden, parameters["embedding"], transposeRight: true);

    public Tensor Embed() => _graph.Rows(_parameters["embedding"], _ids);

    public Tensor Norm(Tensor value, string gain) => _graph.RootMeanSquareNorm(value, _parameters[gain], LlamaConfig.NormEpsilon);

    public Tensor Linear(Tensor value, string weight) => _graph.MatrixProduct(value, _parameters[weight]);

    public Tensor SwiGlu(Tensor gate, Tensor up) => _graph.Multiply(_graph.Silu(gate), up);

    public Tensor Add(Tensor left, Tensor right) => _graph.Add(left, right);

    public Tensor Head(Tensor value) => Head(_graph, _parameters, value);

    public Tensor Attention(Tensor value, int layer)
    {
        var (groups, size) = (_config.KeyValueHeads, _config.HeadSize);
        var group = _config.Heads / groups;
        var prefix = $"layers.{layer}.";
        var query = Rotated(Linear(value, prefix + "query"), _config.Heads);
        var key = Rotated(Linear(value, prefix + "key"), groups);
        var projected = _graph.Reshape(Linear(value, prefix + "value"), _length, _batch, groups, size);

        // [length, batch, groups, group, size] → [batch, groups, group × length, size].
        var queries = _graph.Reshape(
            _graph.Transpose(_graph.Reshape(query, _length, _batch, groups, group, size), 1, 2, 3, 0, 4),
            _batch, groups, group * _length, size);
        var keys = _graph.Transpose(key, 1, 2, 0, 3);
        var values = _graph.Transpose(projected, 1, 2, 0, 3);
        var scores = _graph.MatrixProduct(queries, keys, transposeRight: true, alpha: 1 / MathF.Sqrt(size));
        var attended = _graph.MatrixProduct(_graph.Softmax(_graph.Add(scores, _mask)), values);

        // Back to rows [length × batch, heads × size].
        var heads = _graph.Transpose(_graph.Reshape(attended, _batch, groups, group, _length, size), 3, 0, 1, 2, 4);
        return _graph.Reshape(heads, _length * _batch, _config.Heads * size);
    }

    private Tensor Rotated(Tensor rows, int heads) =>
        _graph.Rotate(_graph.Reshape(rows, _length, _batch, heads, _config.HeadSize), _cosine, _sine);
}
