using GenAiLab.Models.Onnx;

namespace GenAiLab.Classifier.Tests.Models;

/// <summary>
/// Graphs of small encoders with random weights, spelled as Optimum exports them: BERT, DistilBERT, RoBERTa and ViT.
/// </summary>
internal sealed class EncoderGraph
{
    private readonly OnnxGraphBuilder _graph = new("encoder");
    private readonly EncoderShape _shape;
    private readonly Random _random;
    private int _weights;

    private EncoderGraph(EncoderShape shape)
    {
        _shape = shape;
        _random = new Random(shape.Seed);
    }

    /// <summary>The graph of a shape.</summary>
    public static ModelProto Build(EncoderShape shape)
    {
        var graph = new EncoderGraph(shape);
        var hidden = shape.Kind == EncoderKind.Vit ? graph.Encode(graph.EmbedPatches(), bias: null) : graph.Encode(graph.EmbedTokens(), graph.MaskBias());
        graph.Head(hidden);
        return graph._graph.Build();
    }

    private object Batch => _shape.Batch is { } batch ? batch : "batch_size";

    private object Length => _shape.Length is { } length ? length : "sequence_length";

    private string EmbedTokens()
    {
        var type = _shape.NarrowIds ? OnnxElementType.Int32 : OnnxElementType.Int64;
        var ids = _graph.Input("input_ids", type, Batch, Length);
        if (_shape.Mask)
        {
            _graph.Input("attention_mask", type, Batch, Length);
        }

        var words = _graph.Node("Gather", [Weight(0.5f, _shape.Vocabulary, _shape.Hidden), ids], ("axis", 0));
        var table = Weight(0.3f, _shape.Positions, _shape.Hidden);
        // RoBERTa counts its tokens behind the padding's id; the rest slices a table, which then is too short for the sum.
        var positions = _shape.Kind == EncoderKind.Roberta
            ? _graph.Node("Gather", [table, RobertaPositions(ids)], ("axis", 0))
            : _graph.Node("Slice", [table, _graph.Integers(0), _graph.Node("Shape", [ids], ("start", 1), ("end", 2)), _graph.Integers(0)]);
        var sum = _graph.Node("Add", [words, positions]);
        if (_shape.Kind == EncoderKind.Bert)
        {
            _graph.Input("token_type_ids", type, Batch, Length);
            sum = _graph.Node("Add", [sum, _graph.Node("Gather", [Weight(0.3f, 2, _shape.Hidden), "token_type_ids"], ("axis", 0))]);
        }

        return Norm(sum);
    }

    private string RobertaPositions(string ids)
    {
        var wide = _graph.Node("Cast", [ids], ("to", (int)OnnxElementType.Int64));
        var padding = _graph.Integers($"padding_{_weights++}", [_shape.PadTokenId], []);
        var counted = _graph.Node("Cast", [_graph.Node("Not", [_graph.Node("Equal", [wide, padding])])], ("to", (int)OnnxElementType.Int64));
        var order = _graph.Node("CumSum", [counted, _graph.Integers($"axis_{_weights++}", [1], [])]);
        return _graph.Node("Add", [_graph.Node("Mul", [order, counted]), padding]);
    }

    // [batch, 1, 1, sequence]: nothing where a token counts, the lowest number where it is padding.
    private string? MaskBias()
    {
        if (!_shape.Mask)
        {
            return null;
        }

        var mask = _graph.Node("Cast", [_graph.Node("Unsqueeze", ["attention_mask", _graph.Integers(1, 2)])], ("to", (int)OnnxElementType.Float));
        return _graph.Node("Mul", [_graph.Node("Sub", [_graph.Scalar(1), mask]), _graph.Scalar(float.MinValue)]);
    }

    private string EmbedPatches()
    {
        object height = _shape.Length is null ? "height" : _shape.ImageSize, width = _shape.Length is null ? "width" : _shape.ImageSize;
        object channels = _shape.Length is null ? "num_channels" : 3;
        var pixels = _graph.Input("pixel_values", _shape.HalfPixels ? OnnxElementType.Float16 : OnnxElementType.Float, Batch, channels, height, width);
        pixels = _shape.HalfPixels ? _graph.Node("Cast", [pixels], ("to", (int)OnnxElementType.Float)) : pixels;
        long patch = _shape.PatchSize;
        var convolved = _graph.Node(
            "Conv", [pixels, Weight(0.1f, _shape.Hidden, 3, (int)patch, (int)patch), Weight(0.1f, _shape.Hidden)],
            ("kernel_shape", new[] { patch, patch }), ("strides", new[] { patch, patch }));
        var flat = _graph.Node("Reshape", [convolved, _graph.Integers(0, _shape.Hidden, -1)]);
        var patches = _graph.Node("Transpose", [flat], ("perm", new long[] { 0, 2, 1 }));
        var batch = _graph.Node("Shape", [pixels], ("start", 0), ("end", 1));
        var one = _graph.Node("Expand", [Weight(0.5f, 1, 1, _shape.Hidden), _graph.Node("Concat", [batch, _graph.Integers(1, _shape.Hidden)], ("axis", 0))]);
        var sequence = _graph.Node("Concat", [one, patches], ("axis", 1));
        var side = _shape.ImageSize / _shape.PatchSize;
        return _graph.Node("Add", [sequence, Weight(0.3f, 1, (side * side) + 1, _shape.Hidden)]);
    }

    private string Encode(string hidden, string? bias)
    {
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            hidden = Norm(_graph.Node("Add", [hidden, Attend(hidden, bias)]));
            var wide = _graph.Node("Gelu", [Linear(hidden, _shape.Hidden, 2 * _shape.Hidden)]);
            hidden = Norm(_graph.Node("Add", [hidden, Linear(wide, 2 * _shape.Hidden, _shape.Hidden)]));
        }

        return hidden;
    }

    private string Attend(string hidden, string? bias)
    {
        var size = _shape.Hidden / _shape.Heads;
        string Heads(params long[] order) => _graph.Node(
            "Transpose", [_graph.Node("Reshape", [Linear(hidden, _shape.Hidden, _shape.Hidden), _graph.Integers(0, 0, _shape.Heads, size)])], ("perm", order));
        var (query, key, value) = (Heads(0, 2, 1, 3), Heads(0, 2, 3, 1), Heads(0, 2, 1, 3));
        var scores = _graph.Node("Mul", [_graph.Node("MatMul", [query, key]), _graph.Scalar(1 / MathF.Sqrt(size))]);
        scores = bias is null ? scores : _graph.Node("Add", [scores, bias]);
        var mixed = _graph.Node("MatMul", [_graph.Node("Softmax", [scores], ("axis", -1)), value]);
        var joined = _graph.Node("Reshape", [_graph.Node("Transpose", [mixed], ("perm", new long[] { 0, 2, 1, 3 })), _graph.Integers(0, 0, _shape.Hidden)]);
        return Linear(joined, _shape.Hidden, _shape.Hidden);
    }

    private void Head(string hidden)
    {
        var first = _graph.Node("Gather", [hidden, _graph.Integers($"first_{_weights++}", [0], [])], ("axis", 1));
        var pooled = _graph.Node("Tanh", [Linear(first, _shape.Hidden, _shape.Hidden)]);
        var logits = Linear(pooled, _shape.Hidden, _shape.Labels.Count);
        var type = _shape.HalfLogits ? OnnxElementType.Float16 : OnnxElementType.Float;
        _graph.Add("Cast", "", [logits], ["logits"], ("to", (int)type));
        _graph.Output("logits", type, Batch, _shape.Labels.Count);
    }

    private string Linear(string input, int from, int to) =>
        _graph.Node("Add", [_graph.Node("MatMul", [input, Weight(1.5f / MathF.Sqrt(from), from, to)]), Weight(0.2f, to)]);

    private string Norm(string input) =>
        _graph.Node("LayerNormalization", [input, Constant(1), Constant(0)], ("axis", -1), ("epsilon", 1e-12f));

    private string Constant(float value) => _graph.Floats($"weight_{_weights++}", [.. Enumerable.Repeat(value, _shape.Hidden)], _shape.Hidden);

    private string Weight(float scale, params int[] shape)
    {
        var values = new float[shape.Aggregate(static (product, length) => product * length)];
        foreach (ref var value in values.AsSpan())
        {
            value = ((float)_random.NextDouble() - 0.5f) * 2 * scale;
        }

        return _graph.Floats($"weight_{_weights++}", values, [.. shape.Select(static length => (long)length)]);
    }
}
