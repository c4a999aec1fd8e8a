using GenAiLab.Models.Onnx;

namespace GenAiLab.Models.Llama;

/// <summary>
/// The serving graph by the convention of onnxruntime-genai: <c>input_ids</c> [batch, sequence] and
/// <c>attention_mask</c> [batch, total] int64, <c>past_key_values.N.key|value</c>
/// [batch, kv_heads, past, head_size] in; <c>logits</c> [batch, sequence, vocabulary] and
/// <c>present.N.key|value</c> out. GroupQueryAttention lets past and present share one buffer.
/// </summary>
public sealed partial class LlamaServingGraph : ILlamaEmitter<string>
{
    // As others name what varies: transformers.js sizes an empty cache by these names.
    private const string Batch = "batch_size";
    private const string Sequence = "sequence_length";
    private const string Total = "total_sequence_length";

    private readonly LlamaConfig _config;
    private readonly IReadOnlyDictionary<string, float[]> _weights;
    private readonly OnnxGraphBuilder _graph = new("decoder");
    private readonly string _sequenceLengths;
    private readonly string _totalLength;
    private readonly string _cosine;
    private readonly string _sine;
    private readonly string? _emptyPast;

    private LlamaServingGraph(LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, bool cached)
    {
        (_config, _weights) = (config, weights);
        _graph.Input("input_ids", OnnxElementType.Int64, Batch, Sequence);
        _graph.Input("attention_mask", OnnxElementType.Int64, Batch, Total);
        var (cosine, sine) = config.RotaryTables(config.ContextLength);
        _cosine = _graph.Floats("cos_cache", cosine, config.ContextLength, config.HeadSize / 2);
        _sine = _graph.Floats("sin_cache", sine, config.ContextLength, config.HeadSize / 2);

        // Tokens in the cache, the new ones included, less one: per row as the kernel wants it.
        var lengths = _graph.Node("ReduceSum", ["attention_mask", _graph.Integers(1)], ("keepdims", 0));
        _sequenceLengths = _graph.Node("Cast", [_graph.Node("Sub", [lengths, _graph.Integers(1)])], ("to", (int)OnnxElementType.Int32));
        var total = _graph.Node("Gather", [_graph.Node("Shape", ["attention_mask"]), _graph.Integers("one", [1], [])], ("axis", 0));
        _totalLength = _graph.Node("Cast", [total], ("to", (int)OnnxElementType.Int32));
        _emptyPast = cached ? null : EmptyPast();
    }

    /// <summary>Builds the graph.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="weights">Every one of <see cref="LlamaConfig.Parameters"/> by name, row-major.</param>
    public static ModelProto Build(LlamaConfig config, IReadOnlyDictionary<string, float[]> weights)
    {
        var graph = new LlamaServingGraph(config, weights, cached: true);
        var logits = LlamaModel.Emit(config, graph);
        graph._graph.Add("Identity", "", [logits], ["logits"]);
        graph._graph.Output("logits", OnnxElementType.Float, Batch, Sequence, config.VocabularySize);
        return graph._graph.Build();
    }

    string ILlamaEmitter<string>.Embed() =>
        _graph.Node("Gather", [_graph.Floats("embedding", _weights["embedding"], _config.VocabularySize, _config.HiddenSize), "input_ids"], ("axis", 0));

    string ILlamaEmitter<string>.Norm(string value, string gain) => _graph.Node(
        "SimplifiedLayerNormalization",
        [value, _graph.Floats(gain, _weights[gain], _config.HiddenSize)],
        ("axis", -1), ("epsilon", LlamaConfig.NormEpsilon), ("stash_type", 1));

    string ILlamaEmitter<string>.Attention(string value, int layer)
    {
        object[] past = [Batch, _config.KeyValueHeads, "past_sequence_length", _config.HeadSize];
        object[] present = [Batch, _config.KeyValueHeads, Total, _config.HeadSize];
        var (pastKey, pastValue) = (_emptyPast ?? $"past_key_values.{layer}.key", _emptyPast ?? $"past_key_values.{layer}.value");
        var (presentKey, presentValue) = ($"present.{layer}.key", $"present.{layer}.value");
        if (_emptyPast is null)
        {
            _graph.Input(pastKey, OnnxElementType.Float, past);
            _graph.Input(pastValue, OnnxElementType.Float, past);
        }

        var packed = _graph.Node("MatMul", [value, PackedProjection(layer)]);
        var output = $"layers.{layer}.attended";
        _graph.Add(
            "GroupQueryAttention", OnnxGraphBuilder.MicrosoftDomain,
            [packed, "", "", pastKey, pastValue, _sequenceLengths, _totalLength, _cosine, _sine],
            [output, presentKey, presentValue],
            ("num_heads", _config.Heads), ("kv_num_heads", _config.KeyValueHeads),
            ("scale", 1 / MathF.Sqrt(_config.HeadSize)), ("do_rotary", 1), ("rotary_interleaved", 0), ("local_window_size", -1));
        if (_emptyPast is null)
        {
            _graph.Output(presentKey, OnnxElementType.Float, present);
            _graph.Output(presentValue, OnnxElementType.Float, present);
        }

        return output;
    }

    string ILlamaEmitter<string>.Linear(string value, string weight)
    {
        var parameter = _config.Parameters().First(parameter => parameter.Name == weight);
        return _graph.Node("MatMul", [value, _graph.Floats(weight, _weights[weight], parameter.Shape[0], parameter.Shape[1])]);
    }

    string ILlamaEmitter<string>.SwiGlu(string gate, string up) =>
        _graph.Node("Mul", [_graph.MicrosoftNode("QuickGelu", [gate], ("alpha", 1f)), up]);

    string ILlamaEmitter<string>.Add(string left, string right) => _graph.Node("Add", [left, right]);

    string ILlamaEmitter<string>.Head(string value) =>
        _graph.MicrosoftNode("FusedMatMul", [value, "embedding"], ("transB", 1));

    // Query, key and value side by side: one product instead of three.
    private string PackedProjection(int layer)
    {
        var (query, keyValue) = (_config.Heads * _config.HeadSize, _config.KeyValueHeads * _config.HeadSize);
        var width = query + (2 * keyValue);
        var packed = new float[_config.HiddenSize * width];
        foreach (var (name, size, offset) in new[] { ("query", query, 0), ("key", keyValue, query), ("value", keyValue, query + keyValue) })
        {
            var weight = _weights[$"layers.{layer}.{name}"];
            for (var row = 0; row < _config.HiddenSize; row++)
            {
                weight.AsSpan(row * size, size).CopyTo(packed.AsSpan((row * width) + offset));
            }
        }

        return _graph.Floats($"layers.{layer}.query_key_value", packed, _config.HiddenSize, width);
    }
}
