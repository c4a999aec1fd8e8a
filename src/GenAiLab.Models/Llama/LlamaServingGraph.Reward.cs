using GenAiLab.Models.Onnx;

namespace GenAiLab.Models.Llama;

// The same body with another head: one number for a whole sequence.
public sealed partial class LlamaServingGraph
{
    /// <summary>
    /// Builds the graph of a reward model: <c>input_ids</c> and <c>attention_mask</c> [batch, sequence] int64 in,
    /// <c>logits</c> [batch, 1] out, the reward of each sequence by the hidden state of its last token
    /// (Ouyang et al. 2022, arXiv:2203.02155, §3.5). Rows are padded on the right and have a token each.
    /// </summary>
    /// <param name="config">Shape of the body.</param>
    /// <param name="weights">Every one of <see cref="LlamaConfig.Parameters"/> by name, row-major.</param>
    /// <param name="head">Weight of each dimension of the hidden state.</param>
    /// <param name="offset">Added to every reward.</param>
    public static ModelProto BuildReward(LlamaConfig config, IReadOnlyDictionary<string, float[]> weights, float[] head, float offset)
    {
        var graph = new LlamaServingGraph(config, weights, cached: false);
        var onnx = graph._graph;
        var hidden = LlamaModel.EmitBody(config, graph);
        var last = onnx.Node("Sub", [onnx.Node("ReduceSum", ["attention_mask", onnx.Integers(1)], ("keepdims", 1)), onnx.Integers(1)]);
        var state = onnx.Node("GatherND", [hidden, last], ("batch_dims", 1));
        var score = onnx.Node("MatMul", [state, onnx.Floats("reward", head, config.HiddenSize, 1)]);
        onnx.Add("Add", "", [score, onnx.Floats("reward_offset", [offset], 1)], ["logits"]);
        onnx.Output("logits", OnnxElementType.Float, Batch, 1);
        return onnx.Build();
    }

    // [batch, kv_heads, 0, head_size]: a classifier sees whole sequences.
    private string EmptyPast()
    {
        var batch = _graph.Node("Slice", [_graph.Node("Shape", ["input_ids"]), _graph.Integers(0), _graph.Integers(1)]);
        var shape = _graph.Node("Concat", [batch, _graph.Integers(_config.KeyValueHeads, 0, _config.HeadSize)], ("axis", 0));
        return _graph.Node("ConstantOfShape", [shape]);
    }
}
