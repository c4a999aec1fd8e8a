using GenAiLab.Models.Llama;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Training.Rlhf;

/// <summary>
/// The serving form of the model with its weights as one flat input, since they change with every step: one graph
/// both for the prompts (right-padded, empty cache) and for single new tokens. Only the row of each sequence's last
/// token reaches the head.
/// </summary>
internal sealed class RolloutGraph : ILlamaEmitter<string>
{
    private readonly LlamaConfig _config;
    private readonly OnnxGraphBuilder _graph = new("rollouts");
    private readonly Dictionary<string, string> _weights = [];
    private readonly string _cosine;
    private readonly string _sine;

    private RolloutGraph(LlamaConfig config, int rows, int capacity)
    {
        _config = config;
        var parameters = config.Parameters().ToList();
        var flat = _graph.Input("parameters", OnnxElementType.Float, parameters.Sum(static parameter => parameter.Length));
        _graph.Input("input_ids", OnnxElementType.Int64, rows, "sequence");
        _graph.Input("last", OnnxElementType.Int64, rows, 1);
        _graph.Input("seqlens_k", OnnxElementType.Int32, rows);
        _graph.Input("total", OnnxElementType.Int32);
        var parts = _graph.Node("Split", "", [flat, _graph.Integers([.. parameters.Select(static parameter => (long)parameter.Length)])], parameters.Count, ("axis", 0));
        foreach (var (parameter, part) in parameters.Zip(parts))
        {
            _weights[parameter.Name] = _graph.Node("Reshape", [part, _graph.Integers([.. parameter.Shape.Select(static size => (long)size)])]);
        }

        var (cosine, sine) = config.RotaryTables(capacity);
        _cosine = _graph.Floats("cos_cache", cosine, capacity, config.HeadSize / 2);
        _sine = _graph.Floats("sin_cache", sine, capacity, config.HeadSize / 2);
        Rows = rows;
    }

    private int Rows { get; }

    /// <summary>Builds the graph.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="rows">Sequences at a time.</param>
    /// <param name="capacity">Tokens of the longest sequence, the answer included.</param>
    public static ModelProto Build(LlamaConfig config, int rows, int capacity)
    {
        var emitter = new RolloutGraph(config, rows, capacity);
        emitter._graph.Add("Identity", "", [LlamaModel.Emit(config, emitter)], ["logits"]);
        emitter._graph.Output("logits", OnnxElementType.Float, rows, config.VocabularySize);
        return emitter._graph.Build();
    }

    string ILlamaEmitter<string>.Embed() => _graph.Node("Gather", [_weights["embedding"], "input_ids"], ("axis", 0));

    string ILlamaEmitter<string>.Norm(string value, string gain) => _graph.Node(
        "SimplifiedLayerNormalization", [value, _weights[gain]], ("axis", -1), ("epsilon", LlamaConfig.NormEpsilon), ("stash_type", 1));

    string ILlamaEmitter<string>.Attention(string value, int layer)
    {
        object[] cache = [Rows, _config.KeyValueHeads, "capacity", _config.HeadSize];
        var (pastKey, pastValue) = ($"past.{layer}.key", $"past.{layer}.value");
        var (presentKey, presentValue) = ($"present.{layer}.key", $"present.{layer}.value");
        _graph.Input(pastKey, OnnxElementType.Float, cache);
        _graph.Input(pastValue, OnnxElementType.Float, cache);
        var output = $"layers.{layer}.attended";
        _graph.Add(
            "GroupQueryAttention", OnnxGraphBuilder.MicrosoftDomain,
            [Product("query"), Product("key"), Product("value"), pastKey, pastValue, "seqlens_k", "total", _cosine, _sine],
            [output, presentKey, presentValue],
            ("num_heads", _config.Heads), ("kv_num_heads", _config.KeyValueHeads), ("scale", 1 / MathF.Sqrt(_config.HeadSize)),
            ("do_rotary", 1), ("rotary_interleaved", 0), ("local_window_size", -1));
        _graph.Output(presentKey, OnnxElementType.Float, cache);
        _graph.Output(presentValue, OnnxElementType.Float, cache);
        return output;

        string Product(string name) => _graph.Node("MatMul", [value, _weights[$"layers.{layer}.{name}"]]);
    }

    string ILlamaEmitter<string>.Linear(string value, string weight) => _graph.Node("MatMul", [value, _weights[weight]]);

    string ILlamaEmitter<string>.SwiGlu(string gate, string up) =>
        _graph.Node("Mul", [_graph.MicrosoftNode("QuickGelu", [gate], ("alpha", 1f)), up]);

    string ILlamaEmitter<string>.Add(string left, string right) => _graph.Node("Add", [left, right]);

    string ILlamaEmitter<string>.Head(string value) =>
        _graph.MicrosoftNode("FusedMatMul", [_graph.Node("GatherND", [value, "last"], ("batch_dims", 1)), _weights["embedding"]], ("transB", 1));
}
