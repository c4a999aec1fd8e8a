using GenAiLab.Models.Onnx;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Classification;

/// <summary>
/// The discriminative direction: p(label | text) by the mean of the embeddings of tokens, and of pairs of neighbours where
/// word order counts, one hidden layer and a softmax ("fastText", Joulin et al. 2017, arXiv:1607.01759, with a hidden layer).
/// </summary>
public sealed class TextClassifierTraining(TextClassifierOptions options, int vocabularySize, int labels)
{
    // Odd, so that each of two neighbours changes the bucket.
    private const int PairFactor = 7_919;

    private int Features => vocabularySize + options.PairBuckets;

    private IReadOnlyList<ParameterSpecification> Specifications =>
    [
        new("embedding", [Features, options.Width], true),
        new("hidden_weight", [options.Width, options.Hidden], true),
        new("hidden_bias", [options.Hidden], false),
        new("output_weight", [options.Hidden, labels], true),
        new("output_bias", [labels], false),
    ];

    /// <summary>Trains to the end.</summary>
    /// <returns>Every weight by name.</returns>
    public IReadOnlyDictionary<string, float[]> Run(
        IReadOnlyList<LabelledTokens> examples, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var batch = options.BatchSize;
        var (shares, targets) = (new float[batch * Features], new long[batch]);
        var constants = new AdamWConstants(WeightDecay: 0.01f);
        using var session = new TrainingSession(
            BuildGraph(constants),
            new Dictionary<string, (Array, long[])> { ["shares"] = (shares, [batch, Features]), ["targets"] = (targets, [batch]) },
            InitialWeights(), constants, options.Threads);
        var random = new Random(options.Seed);
        var schedule = new LearningRateSchedule(options.LearningRate, 20, options.Steps);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        long tokens = 0;
        while (session.Step < options.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            Array.Clear(shares);
            for (var row = 0; row < batch; row++)
            {
                var example = examples[random.Next(examples.Count)];
                var used = example.Ids.AsSpan(0, Math.Min(example.Ids.Length, options.Length));
                FillShares(used, shares.AsSpan(row * Features, Features));
                targets[row] = example.Label;
                tokens += used.Length;
            }

            var rate = schedule.At(session.Step);
            var (loss, _) = session.Run(rate);
            var seconds = watch.Elapsed.TotalSeconds;
            progress?.Report(new TrainingProgress(
                session.Step, options.Steps, loss, null, rate, tokens / seconds, TimeSpan.FromSeconds((options.Steps - session.Step) * seconds / session.Step)));
        }

        return FlatParameters.Unpack(session.Parameters, Specifications);
    }

    /// <summary>
    /// The serving graph: <c>input_ids</c> and <c>attention_mask</c> [batch, sequence] int64 in,
    /// <c>logits</c> [batch, labels] out. Padding is on the right.
    /// </summary>
    public ModelProto ServingGraph(IReadOnlyDictionary<string, float[]> weights)
    {
        var graph = new OnnxGraphBuilder("classifier");
        var ids = graph.Input("input_ids", OnnxElementType.Int64, "batch", "sequence");
        var mask = graph.Input("attention_mask", OnnxElementType.Int64, "batch", "sequence");
        foreach (var item in Specifications)
        {
            graph.Floats(item.Name, weights[item.Name], [.. item.Shape.Select(static dimension => (long)dimension)]);
        }

        if (options.PairBuckets > 0)
        {
            var first = graph.Node("Slice", [ids, graph.Integers(0), graph.Integers(-1), graph.Integers(1)]);
            var second = graph.Node("Slice", [ids, graph.Integers(1), graph.Integers(long.MaxValue), graph.Integers(1)]);
            var hashed = graph.Node("Add", [graph.Node("Mul", [first, graph.Integers(PairFactor)]), second]);
            var pairs = graph.Node("Add", [graph.Node("Mod", [hashed, graph.Integers(options.PairBuckets)]), graph.Integers(vocabularySize)]);
            var maskOfPairs = graph.Node("Slice", [mask, graph.Integers(1), graph.Integers(long.MaxValue), graph.Integers(1)]);
            ids = graph.Node("Concat", [ids, pairs], ("axis", 1));
            mask = graph.Node("Concat", [mask, maskOfPairs], ("axis", 1));
        }

        var embedded = graph.Node("Gather", ["embedding", ids], ("axis", 0));
        var counted = graph.Node("Cast", [mask], ("to", (int)OnnxElementType.Float));
        var share = graph.Node("Div", [counted, graph.Node("ReduceSum", [counted, graph.Integers(1)], ("keepdims", 1))]);
        var pooled = graph.Node("MatMul", [graph.Node("Unsqueeze", [share, graph.Integers(1)]), embedded]);
        var mean = graph.Node("Squeeze", [pooled, graph.Integers(1)]);
        var hidden = graph.Node("Relu", [graph.Node("Gemm", [mean, "hidden_weight", "hidden_bias"])]);
        graph.Add("Gemm", "", [hidden, "output_weight", "output_bias"], ["logits"]);
        graph.Output("logits", OnnxElementType.Float, "batch", labels);
        return graph.Build();
    }

    // The mean of embeddings as a product: what share of the text each token and each pair is.
    private void FillShares(ReadOnlySpan<int> ids, Span<float> shares)
    {
        var share = 1f / (ids.Length + (options.PairBuckets > 0 ? ids.Length - 1 : 0));
        for (var at = 0; at < ids.Length; at++)
        {
            shares[ids[at]] += share;
            if (options.PairBuckets > 0 && at > 0)
            {
                shares[vocabularySize + (int)(((long)ids[at - 1] * PairFactor + ids[at]) % options.PairBuckets)] += share;
            }
        }
    }

    private Google.Protobuf.IMessage BuildGraph(AdamWConstants constants)
    {
        var graph = new TensorGraph();
        var batch = options.BatchSize;
        var parameters = graph.Input("parameters", FlatParameters.Length(Specifications));
        var shares = graph.Input("shares", batch, Features);
        var targets = graph.IndexInput("targets", batch);
        var weights = FlatParameters.Slice(graph, parameters, Specifications);
        var mean = graph.MatrixProduct(shares, weights["embedding"]);
        var hidden = graph.Relu(graph.Add(graph.MatrixProduct(mean, weights["hidden_weight"]), weights["hidden_bias"]));
        var logits = graph.Add(graph.MatrixProduct(hidden, weights["output_weight"]), weights["output_bias"]);
        var mask = graph.Constant("loss_mask", [.. Enumerable.Repeat(1f, batch)], batch);
        AdamWGraph.Append(graph, parameters, weights, Specifications, graph.CrossEntropy(logits, targets, mask), constants);
        return graph.Onnx.Build();
    }

    private float[] InitialWeights()
    {
        var random = new Random(options.Seed);
        return
        [
            .. Specifications.SelectMany(item => Enumerable.Range(0, item.Length)
                .Select(_ => item.Decayed ? (float)((random.NextDouble() - 0.5) * 2 / Math.Sqrt(item.Name == "embedding" ? options.Width : item.Shape[0])) : 0f)),
        ];
    }
}
