using GenAiLab.Models.Llama;
using GenAiLab.Models.Onnx;

namespace GenAiLab.Decoder.Tests.Foreign;

/// <summary>How Optimum would export small models of random weights: ordinary operators, keys and values concatenated.</summary>
internal sealed record OptimumGraph
{
    private readonly List<(string Name, float[] Values, long[] Shape)> _weights = [];
    private OnnxGraphBuilder _graph = new("main_graph");
    private Random _random = new(13);
    private string _prefix = "";

    /// <summary>LayerNorm, learned positions, GELU and as many key heads as query heads; else RMSNorm, rotary positions, SwiGLU and grouped heads.</summary>
    public bool IsGpt2 { get; init; }

    /// <summary>The first step and the others in the two branches of one node.</summary>
    public bool IsMerged { get; init; }

    /// <summary>New tokens see each other in both directions behind a past: right for one at a time only.</summary>
    public bool StepsBehindPast { get; init; }

    /// <summary>Positions come from the mask, and not from an input.</summary>
    public bool CountsMask { get; init; }

    private static LlamaConfig Config => GenAiGraph.Config;

    private int KeyValueHeads => IsGpt2 ? Config.Heads : Config.KeyValueHeads;

    public ModelProto Build()
    {
        if (!IsMerged)
        {
            Declare(_graph);
            Emit(hasPast: true);
            var whole = _graph.Build();
            AddWeights(whole.Graph);
            return whole;
        }

        var outer = new OnnxGraphBuilder("merged");
        Declare(outer);
        outer.Input("use_cache_branch", OnnxElementType.Bool, 1);
        string[] results = ["logits", .. Enumerable.Range(0, Config.Layers).SelectMany(static layer => (string[])[$"present.{layer}.key", $"present.{layer}.value"])];
        outer.Add("If", "", ["use_cache_branch"], results);
        var model = outer.Build();
        foreach (var (name, hasPast) in (ReadOnlySpan<(string, bool)>)[("then_branch", true), ("else_branch", false)])
        {
            (_graph, _random, _prefix) = (new OnnxGraphBuilder(name), new Random(13), $"{name}.");
            _weights.Clear();
            Emit(hasPast);
            model.Graph.Node[0].Attribute.Add(new AttributeProto { Name = name, G = _graph.Build().Graph, Type = AttributeProto.Types.AttributeType.Graph });
        }

        // Both branches use the weights of the graph around them.
        AddWeights(model.Graph);
        foreach (var output in model.Graph.Node[0].Attribute[0].G.Output)
        {
            var declared = output.Clone();
            declared.Name = declared.Name["then_branch.".Length..];
            model.Graph.Output.Add(declared);
        }

        return model;
    }

    private void Declare(OnnxGraphBuilder graph)
    {
        graph.Input("input_ids", OnnxElementType.Int64, "batch_size", "sequence_length");
        graph.Input("attention_mask", OnnxElementType.Int64, "batch_size", "past_sequence_length + sequence_length");
        if (!CountsMask)
        {
            graph.Input("position_ids", OnnxElementType.Int64, "batch_size", "sequence_length");
        }

        for (var layer = 0; layer < Config.Layers; layer++)
        {
            graph.Input($"past_key_values.{layer}.key", OnnxElementType.Float, "batch_size", KeyValueHeads, "past_sequence_length", Config.HeadSize);
            graph.Input($"past_key_values.{layer}.value", OnnxElementType.Float, "batch_size", KeyValueHeads, "past_sequence_length", Config.HeadSize);
        }
    }

    private void Emit(bool hasPast)
    {
        _graph.Output($"{_prefix}logits", OnnxElementType.Float, "batch_size", "sequence_length", Config.VocabularySize);
        var positions = CountsMask ? PositionsOfMask() : "position_ids";
        var visible = Visible(hasPast);
        var embedding = Weight("wte", Config.VocabularySize, Config.HiddenSize);
        var residual = Node("Gather", [embedding, "input_ids"]);
        var (cosine, sine) = ("", "");
        if (IsGpt2)
        {
            residual = Node("Add", [residual, Node("Gather", [Weight("wpe", Config.ContextLength, Config.HiddenSize), positions])]);
        }
        else
        {
            (cosine, sine) = Angles(positions);
        }

        for (var layer = 0; layer < Config.Layers; layer++)
        {
            residual = Node("Add", [residual, Attention(Norm(residual, $"h.{layer}.ln_1"), layer, hasPast, visible, cosine, sine)]);
            residual = Node("Add", [residual, FeedForward(Norm(residual, $"h.{layer}.ln_2"), layer)]);
        }

        // The head is the embedding, transposed.
        _graph.Add("MatMul", "", [Norm(residual, "ln_f"), Node("Transpose", [embedding], ("perm", new long[] { 1, 0 }))], [$"{_prefix}logits"]);
    }

    private string Attention(string value, int layer, bool hasPast, string visible, string cosine, string sine)
    {
        var (query, keyValue) = (Config.Heads * Config.HeadSize, KeyValueHeads * Config.HeadSize);
        var q = Heads(Linear(value, $"h.{layer}.q", Config.HiddenSize, query), Config.Heads);
        var k = Heads(Linear(value, $"h.{layer}.k", Config.HiddenSize, keyValue), KeyValueHeads);
        var v = Heads(Linear(value, $"h.{layer}.v", Config.HiddenSize, keyValue), KeyValueHeads);
        if (!IsGpt2)
        {
            (q, k) = (Rotate(q, cosine, sine), Rotate(k, cosine, sine));
        }

        k = Present(k, layer, "key", hasPast);
        v = Present(v, layer, "value", hasPast);
        if (KeyValueHeads < Config.Heads)
        {
            (k, v) = (Repeat(k), Repeat(v));
        }

        var scores = Node("Mul", [Node("MatMul", [q, Node("Transpose", [k], ("perm", new long[] { 0, 1, 3, 2 }))]), _graph.Scalar(0.25f)]);
        var masked = Node("Where", [visible, scores, _graph.Scalar(float.MinValue)]);
        var attended = Node("Transpose", [Node("MatMul", [Node("Softmax", [masked], ("axis", -1)), v])], ("perm", new long[] { 0, 2, 1, 3 }));
        var joined = Node("Reshape", [attended, _graph.Integers(0, 0, query)]);
        return Linear(joined, $"h.{layer}.o", query, Config.HiddenSize);
    }

    private string FeedForward(string value, int layer)
    {
        var gate = Linear(value, $"h.{layer}.up", Config.HiddenSize, Config.IntermediateSize);
        var active = IsGpt2
            ? Node("Mul", [Node("Mul", [gate, _graph.Scalar(0.5f)]), Node("Add", [Node("Erf", [Node("Div", [gate, _graph.Scalar(MathF.Sqrt(2))])]), _graph.Scalar(1)])])
            : Node("Mul", [Node("Mul", [gate, Node("Sigmoid", [gate])]), Linear(value, $"h.{layer}.gate", Config.HiddenSize, Config.IntermediateSize)]);
        return Linear(active, $"h.{layer}.down", Config.IntermediateSize, Config.HiddenSize);
    }

    private string Present(string value, int layer, string part, bool hasPast)
    {
        var present = $"{_prefix}present.{layer}.{part}";
        _graph.Add(hasPast ? "Concat" : "Identity", "", hasPast ? [$"past_key_values.{layer}.{part}", value] : [value], [present], hasPast ? [("axis", -2)] : []);
        _graph.Output(present, OnnxElementType.Float, "batch_size", KeyValueHeads, "past_sequence_length + sequence_length", Config.HeadSize);
        return present;
    }

    // [batch, 1, sequence, total].
    private string Visible(bool hasPast)
    {
        var count = Node("Gather", [Node("Shape", ["input_ids"]), Number(1)]);
        var total = Node("Gather", [Node("Shape", ["attention_mask"]), Number(1)]);
        var columns = Node("Range", [Number(0), total, Number(1)]);
        var first = hasPast ? Node("Gather", [Node("Shape", ["past_key_values.0.key"]), Number(2)]) : Number(0);
        var rows = Node("Range", [first, Node("Add", [first, count]), Number(1)]);
        var last = Node("Reshape", [Node("Sub", [Node("Add", [first, count]), Number(1)]), _graph.Integers(1)]);
        rows = hasPast && StepsBehindPast ? Node("Expand", [last, Node("Reshape", [count, _graph.Integers(1)])]) : rows;
        var causal = Node("LessOrEqual", [columns, Node("Unsqueeze", [rows, _graph.Integers(1)])]);
        var there = Node("Cast", [Node("Unsqueeze", ["attention_mask", _graph.Integers(1, 2)])], ("to", (int)OnnxElementType.Bool));
        return Node("And", [causal, there]);
    }

    private string PositionsOfMask()
    {
        var places = Node("Sub", [Node("CumSum", ["attention_mask", Number(1)]), Number(1)]);
        var count = Node("Gather", [Node("Shape", ["input_ids"]), Number(1)]);
        return Node("Slice", [places, Node("Unsqueeze", [Node("Neg", [count]), _graph.Integers(0)]), _graph.Integers(long.MaxValue), _graph.Integers(1)]);
    }

    // Each [batch, 1, sequence, width].
    private (string Cosine, string Sine) Angles(string positions)
    {
        var frequencies = Enumerable.Range(0, Config.HeadSize).Select(static at => (float)Math.Pow(LlamaConfig.RopeTheta, -2.0 * (at % (Config.HeadSize / 2)) / Config.HeadSize)).ToArray();
        var angles = Node("Mul", [
            Node("Unsqueeze", [Node("Cast", [positions], ("to", (int)OnnxElementType.Float)), _graph.Integers(1, 3)]),
            _graph.Floats($"{_prefix}inv_freq", frequencies, Config.HeadSize)]);
        return (Node("Cos", [angles]), Node("Sin", [angles]));
    }

    private string Rotate(string value, string cosine, string sine)
    {
        var half = Config.HeadSize / 2;
        var left = Node("Slice", [value, _graph.Integers(0), _graph.Integers(half), _graph.Integers(3)]);
        var right = Node("Slice", [value, _graph.Integers(half), _graph.Integers(long.MaxValue), _graph.Integers(3)]);
        var turned = Node("Concat", [Node("Neg", [right]), left], ("axis", -1));
        return Node("Add", [Node("Mul", [value, cosine]), Node("Mul", [turned, sine])]);
    }

    private string Heads(string value, int heads) =>
        Node("Transpose", [Node("Reshape", [value, _graph.Integers(0, 0, heads, Config.HeadSize)])], ("perm", new long[] { 0, 2, 1, 3 }));

    private string Repeat(string value)
    {
        var times = Config.Heads / KeyValueHeads;
        var shape = Node("Shape", [value]);
        var total = Node("Slice", [shape, _graph.Integers(2), _graph.Integers(3)]);
        var batch = Node("Slice", [shape, _graph.Integers(0), _graph.Integers(1)]);
        var wide = Node("Concat", [batch, _graph.Integers(KeyValueHeads, times), total, _graph.Integers(Config.HeadSize)], ("axis", 0));
        var expanded = Node("Expand", [Node("Unsqueeze", [value, _graph.Integers(2)]), wide]);
        return Node("Reshape", [expanded, Node("Concat", [batch, _graph.Integers(Config.Heads), total, _graph.Integers(Config.HeadSize)], ("axis", 0))]);
    }

    private string Norm(string value, string name)
    {
        var gain = Weight($"{name}.weight", Config.HiddenSize);
        if (IsGpt2)
        {
            return Node("LayerNormalization", [value, gain, Weight($"{name}.bias", Config.HiddenSize)], ("axis", -1), ("epsilon", 1e-5f));
        }

        var square = Node("ReduceMean", [Node("Mul", [value, value]), _graph.Integers(-1)]);
        return Node("Mul", [Node("Div", [value, Node("Sqrt", [Node("Add", [square, _graph.Scalar(1e-5f)])])]), gain]);
    }

    private string Linear(string value, string name, int inputs, int outputs)
    {
        var product = Node("MatMul", [value, Weight($"{name}.weight", inputs, outputs)]);
        return IsGpt2 ? Node("Add", [product, Weight($"{name}.bias", outputs)]) : product;
    }

    private string Number(long value) => _graph.Integers($"{_prefix}number_{_numbers++}", [value], []);

    private int _numbers;

    // Names are unique within both branches and the graph around them.
    private string Node(string operation, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var name = $"{_prefix}{operation}.{_numbers++}";
        _graph.Add(operation, "", inputs, [name], attributes);
        return name;
    }

    private string Weight(string name, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, static (product, size) => product * size)];
        for (var at = 0; at < values.Length; at++)
        {
            values[at] = (_random.NextSingle() - 0.5f) * 0.9f;
        }

        if (name.Contains("ln_", StringComparison.Ordinal) && name.EndsWith("weight", StringComparison.Ordinal))
        {
            values.AsSpan().Fill(1);
        }

        _weights.Add((name, values, shape));
        return name;
    }

    private void AddWeights(GraphProto graph)
    {
        var builder = new OnnxGraphBuilder("weights");
        foreach (var (name, values, shape) in _weights)
        {
            builder.Floats(name, values, shape);
        }

        graph.Initializer.AddRange(builder.Build().Graph.Initializer);
    }
}
