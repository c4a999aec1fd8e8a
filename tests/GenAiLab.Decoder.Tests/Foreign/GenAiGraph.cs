using GenAiLab.Models.Llama;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>How onnxruntime-genai's model builder would write a small Llama-style model of random weights.</summary>
internal sealed record GenAiGraph
{
    public static readonly LlamaConfig Config = new(
        VocabularySize: 96, HiddenSize: 32, Layers: 2, Heads: 4, KeyValueHeads: 2, HeadSize: 16, IntermediateSize: 48, ContextLength: 48);

    private readonly Random _random = new(11);
    private readonly OnnxGraphBuilder _graph = new("main_graph");

    /// <summary>Rotates by a node of its own, with position_ids.</summary>
    public bool RotatesOutside { get; init; }

    /// <summary>MultiHeadAttention with a bias that is made of the mask, and concatenated keys and values.</summary>
    public bool HasMaskBias { get; init; }

    /// <summary>The head computes the last token only.</summary>
    public bool PrunesHead { get; init; }

    /// <summary>Logits are scaled and capped, with a bias.</summary>
    public bool CapsLogits { get; init; }

    /// <summary>Another rotary table from so many tokens on; 0: one table.</summary>
    public int SecondTableFrom { get; init; }

    /// <summary>The lengths of rows are inputs of the graph, and not derived from a mask.</summary>
    public bool TakesLengths { get; init; }

    /// <summary>All logits or the last few, as an input says.</summary>
    public bool TakesLogitsToKeep { get; init; }

    /// <summary>What stands before the layer in the names of the cache.</summary>
    public string Past { get; init; } = "past_key_values";

    public ModelProto Build()
    {
        _graph.Input("input_ids", OnnxElementType.Int64, "batch_size", "sequence_length");
        var (lengths, total, total64) = Lengths();
        if (RotatesOutside || HasMaskBias)
        {
            _graph.Input("position_ids", OnnxElementType.Int64, "batch_size", "sequence_length");
        }

        var (cosine, sine) = Tables(total64);
        var bias = HasMaskBias ? MaskBias() : "";
        var embedding = Weight("model.embed_tokens.weight", Config.VocabularySize, Config.HiddenSize);
        var residual = _graph.Node("Gather", [embedding, "input_ids"]);
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            var attended = Attention(Norm(residual, $"layers.{layer}.input"), layer, lengths, total, cosine, sine, bias);
            residual = _graph.Node("Add", [residual, Linear(attended, $"layers.{layer}.o", Config.Heads * Config.HeadSize, Config.HiddenSize)]);
            var normed = Norm(residual, $"layers.{layer}.post");
            var gate = Linear(normed, $"layers.{layer}.gate", Config.HiddenSize, Config.IntermediateSize);
            var up = Linear(normed, $"layers.{layer}.up", Config.HiddenSize, Config.IntermediateSize);
            var product = _graph.Node("Mul", [_graph.Node("Mul", [gate, _graph.Node("Sigmoid", [gate])]), up]);
            residual = _graph.Node("Add", [residual, Linear(product, $"layers.{layer}.down", Config.IntermediateSize, Config.HiddenSize)]);
        }

        Head(Norm(residual, "final"));
        return _graph.Build();
    }

    private void Head(string hidden)
    {
        if (TakesLogitsToKeep)
        {
            _graph.Input("num_logits_to_keep", OnnxElementType.Int64);
            var from = _graph.Node("Unsqueeze", [_graph.Node("Neg", ["num_logits_to_keep"]), _graph.Integers(0)]);
            hidden = _graph.Node("Slice", [hidden, from, _graph.Integers(long.MaxValue), _graph.Integers(1)]);
        }

        if (PrunesHead)
        {
            hidden = _graph.Node("Unsqueeze", [_graph.Node("Gather", [hidden, _graph.Integers("last", [-1], [])], ("axis", 1)), _graph.Integers(1)]);
        }

        var logits = Linear(hidden, "lm_head", Config.HiddenSize, Config.VocabularySize);
        if (CapsLogits)
        {
            var biased = _graph.Node("Add", [logits, Weight("lm_head.bias", Config.VocabularySize)]);
            var capped = _graph.Node("Tanh", [_graph.Node("Div", [biased, _graph.Floats("cap", [8], 1)])]);
            logits = _graph.Node("Mul", [capped, "cap"]);
        }

        _graph.Add("Identity", "", [logits], ["logits"]);
        _graph.Output("logits", OnnxElementType.Float, "batch_size", PrunesHead ? 1 : "sequence_length", Config.VocabularySize);
    }

    private string Attention(string value, int layer, string lengths, string total, string cosine, string sine, string bias)
    {
        var (query, keyValue) = (Config.Heads * Config.HeadSize, Config.KeyValueHeads * Config.HeadSize);
        var q = Linear(value, $"layers.{layer}.q", Config.HiddenSize, query);
        var k = Linear(value, $"layers.{layer}.k", Config.HiddenSize, HasMaskBias ? query : keyValue);
        var v = Linear(value, $"layers.{layer}.v", Config.HiddenSize, HasMaskBias ? query : keyValue);
        if (RotatesOutside || HasMaskBias)
        {
            q = _graph.MicrosoftNode("RotaryEmbedding", [q, "position_ids", cosine, sine], ("interleaved", 0), ("num_heads", Config.Heads));
            k = _graph.MicrosoftNode("RotaryEmbedding", [k, "position_ids", cosine, sine], ("interleaved", 0), ("num_heads", HasMaskBias ? Config.Heads : Config.KeyValueHeads));
        }

        var heads = HasMaskBias ? Config.Heads : Config.KeyValueHeads;
        var (pastKey, pastValue, output) = ($"{Past}.{layer}.key", $"{Past}.{layer}.value", $"layers.{layer}.attention");
        foreach (var past in (string[])[pastKey, pastValue])
        {
            // The width of a head is a name, as the builder has it.
            _graph.Input(past, OnnxElementType.Float, "batch_size", heads, "past_sequence_length", "kv_cache_dim");
            _graph.Output(past.Replace(Past, "present", StringComparison.Ordinal), OnnxElementType.Float, "batch_size", heads, "total_sequence_length", "kv_cache_dim");
        }

        if (HasMaskBias)
        {
            _graph.Add(
                "MultiHeadAttention", OnnxGraphBuilder.MicrosoftDomain, [q, k, v, "", "", bias, pastKey, pastValue],
                [output, $"present.{layer}.key", $"present.{layer}.value"], ("num_heads", Config.Heads), ("scale", 0.25f));
        }
        else
        {
            _graph.Add(
                "GroupQueryAttention", OnnxGraphBuilder.MicrosoftDomain,
                [q, k, v, pastKey, pastValue, lengths, total, .. RotatesOutside ? (string[])[] : [cosine, sine]],
                [output, $"present.{layer}.key", $"present.{layer}.value"],
                ("num_heads", Config.Heads), ("kv_num_heads", Config.KeyValueHeads), ("scale", 0.25f), ("local_window_size", -1),
                ("do_rotary", RotatesOutside ? 0 : 1), ("rotary_interleaved", 0), ("softcap", 0f));
        }

        return output;
    }

    private (string Lengths, string Total, string Total64) Lengths()
    {
        if (TakesLengths)
        {
            _graph.Input("seqlens_k", OnnxElementType.Int32, "batch_size");
            _graph.Input("total_seq_len", OnnxElementType.Int32);
            return ("seqlens_k", "total_seq_len", "");
        }

        _graph.Input("attention_mask", OnnxElementType.Int64, "batch_size", "total_sequence_length");
        var sum = _graph.Node("ReduceSum", ["attention_mask", _graph.Integers(1)], ("keepdims", 0));
        var lengths = _graph.Node("Cast", [_graph.Node("Sub", [sum, _graph.Integers(1)])], ("to", (int)OnnxElementType.Int32));
        var total = _graph.Node("Gather", [_graph.Node("Shape", ["attention_mask"]), _graph.Integers("one", [1], [])], ("axis", 0));
        return (lengths, _graph.Node("Cast", [total], ("to", (int)OnnxElementType.Int32)), total);
    }

    // [batch, 1, sequence, total]: the lowest number where a token may not look.
    private string MaskBias()
    {
        var total = _graph.Node("Gather", [_graph.Node("Shape", ["attention_mask"]), _graph.Integers("second", [1], [])]);
        var columns = _graph.Node("Range", [_graph.Integers("start", [0], []), total, _graph.Integers("step", [1], [])]);
        var rows = _graph.Node("Unsqueeze", ["position_ids", _graph.Integers(1, 3)]);
        var visible = _graph.Node("LessOrEqual", [columns, rows]);
        return _graph.Node("Where", [visible, _graph.Scalar(0), _graph.Scalar(-3e4f)]);
    }

    private (string Cosine, string Sine) Tables(string total)
    {
        var (cosine, sine) = Config.RotaryTables(Config.ContextLength);
        var (cos, sin) = (_graph.Floats("cos_cache", cosine, Config.ContextLength, Config.HeadSize / 2), _graph.Floats("sin_cache", sine, Config.ContextLength, Config.HeadSize / 2));
        if (SecondTableFrom == 0)
        {
            return (cos, sin);
        }

        // A choice between two tables, by a graph within the graph.
        var condition = _graph.Node("Greater", [total, _graph.Integers("original", [SecondTableFrom], [])]);
        var large = _graph.Floats("cos_cache_large", [.. cosine.Select(static value => -value)], Config.ContextLength, Config.HeadSize / 2);
        _graph.Add("If", "", [condition], ["cos_chosen", "sin_chosen"]);
        _choice = (cos, sin, large);
        return ("cos_chosen", "sin_chosen");
    }

    private (string Cosine, string Sine, string Large)? _choice;

    /// <summary>The graph with its choice of tables filled in.</summary>
    public ModelProto BuildWithChoice()
    {
        var model = Build();
        if (_choice is var (cosine, sine, large))
        {
            var node = model.Graph.Node.Single(static node => node.OpType == "If");
            foreach (var (name, first) in (ReadOnlySpan<(string, string)>)[("then_branch", large), ("else_branch", cosine)])
            {
                var branch = new OnnxGraphBuilder(name);
                branch.Add("Identity", "", [first], [$"{name}.cos"]);
                branch.Add("Identity", "", [sine], [$"{name}.sin"]);
                branch.Output($"{name}.cos", OnnxElementType.Float, "positions", Config.HeadSize / 2);
                branch.Output($"{name}.sin", OnnxElementType.Float, "positions", Config.HeadSize / 2);
                node.Attribute.Add(new AttributeProto { Name = name, G = branch.Build().Graph, Type = AttributeProto.Types.AttributeType.Graph });
            }
        }

        return model;
    }

    private string Norm(string value, string name) =>
        _graph.Node("SimplifiedLayerNormalization", [value, _graph.Floats($"{name}.gain", [.. Enumerable.Repeat(1f, Config.HiddenSize)], Config.HiddenSize)], ("axis", -1), ("epsilon", 1e-5f), ("stash_type", 1));

    private string Linear(string value, string name, int inputs, int outputs) => _graph.Node("MatMul", [value, Weight($"{name}.weight", inputs, outputs)]);

    private string Weight(string name, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, static (product, size) => product * size)];
        for (var at = 0; at < values.Length; at++)
        {
            values[at] = (_random.NextSingle() - 0.5f) * 0.9f;
        }

        return _graph.Floats(name, values, shape);
    }
}
