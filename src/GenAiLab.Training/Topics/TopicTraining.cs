using GenAiLab.Models.Onnx;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Training.Topics;

/// <summary>A labelled text.</summary>
/// <param name="Ids">Token ids, no separator.</param>
/// <param name="Label">Index of its label.</param>
public sealed record LabelledTokens(int[] Ids, int Label);

/// <summary>What decides the result of a run.</summary>
public sealed record TopicTrainingOptions
{
    /// <summary>Seed of initial weights and order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads within an operation.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 1_200;

    /// <summary>Texts of a step.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Tokens of a text that count; the context window of the classifier.</summary>
    public int Length { get; init; } = 128;

    /// <summary>Width of the embedding.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Width of the hidden layer.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Largest learning rate.</summary>
    public float LearningRate { get; init; } = 5e-3f;
}

/// <summary>
/// The discriminative direction: p(label | text) by the mean of token embeddings, one hidden layer and a
/// softmax ("fastText", Joulin et al. 2017, arXiv:1607.01759, with a hidden layer). Word order is not seen.
/// </summary>
public sealed class TopicTraining(TopicTrainingOptions options, int vocabularySize, int labels)
{
    private IReadOnlyList<ParameterSpecification> Specifications =>
    [
        new("embedding", [vocabularySize, options.Width], true),
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
        var (batch, length) = (options.BatchSize, options.Length);
        var (ids, pooling, targets) = (new long[batch * length], new float[batch * length], new long[batch]);
        var constants = new AdamWConstants(WeightDecay: 0.01f);
        using var session = new TrainingSession(
            BuildGraph(constants),
            new Dictionary<string, (Array, long[])>
            {
                ["ids"] = (ids, [batch * length]),
                ["pooling"] = (pooling, [batch, 1, length]),
                ["targets"] = (targets, [batch]),
            },
            InitialWeights(), constants, options.Threads);
        var random = new Random(options.Seed);
        var schedule = new LearningRateSchedule(options.LearningRate, 20, options.Steps);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (session.Step < options.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < batch; row++)
            {
                var example = examples[random.Next(examples.Count)];
                var used = Math.Min(example.Ids.Length, length);
                for (var at = 0; at < length; at++)
                {
                    ids[(row * length) + at] = at < used ? example.Ids[at] : 0;
                    pooling[(row * length) + at] = at < used ? 1f / used : 0;
                }

                targets[row] = example.Label;
            }

            var rate = schedule.At(session.Step);
            var (loss, _) = session.Run(rate);
            var speed = session.Step * (double)batch * length / watch.Elapsed.TotalSeconds;
            progress?.Report(new TrainingProgress(
                session.Step, options.Steps, loss, null, rate, speed,
                TimeSpan.FromSeconds((options.Steps - session.Step) * (double)batch * length / speed)));
        }

        return FlatParameters.Unpack(session.Parameters, Specifications);
    }

    /// <summary>
    /// The serving graph: <c>input_ids</c> and <c>attention_mask</c> [batch, sequence] int64 in,
    /// <c>logits</c> [batch, labels] out.
    /// </summary>
    public ModelProto ServingGraph(IReadOnlyDictionary<string, float[]> weights)
    {
        var graph = new OnnxGraphBuilder("topics");
        graph.Input("input_ids", OnnxElementType.Int64, "batch", "sequence");
        graph.Input("attention_mask", OnnxElementType.Int64, "batch", "sequence");
        foreach (var item in Specifications)
        {
            graph.Floats(item.Name, weights[item.Name], [.. item.Shape.Select(static dimension => (long)dimension)]);
        }

        var embedded = graph.Node("Gather", ["embedding", "input_ids"], ("axis", 0));
        var mask = graph.Node("Cast", ["attention_mask"], ("to", (int)OnnxElementType.Float));
        var share = graph.Node("Div", [mask, graph.Node("ReduceSum", [mask, graph.Integers(1)], ("keepdims", 1))]);
        var pooled = graph.Node("MatMul", [graph.Node("Unsqueeze", [share, graph.Integers(1)]), embedded]);
        var mean = graph.Node("Squeeze", [pooled, graph.Integers(1)]);
        var hidden = graph.Node("Relu", [graph.Node("Gemm", [mean, "hidden_weight", "hidden_bias"])]);
        graph.Add("Gemm", "", [hidden, "output_weight", "output_bias"], ["logits"]);
        graph.Output("logits", OnnxElementType.Float, "batch", labels);
        return graph.Build();
    }

    private Google.Protobuf.IMessage BuildGraph(AdamWConstants constants)
    {
        var graph = new TensorGraph();
        var (batch, length) = (options.BatchSize, options.Length);
        var parameters = graph.Input("parameters", FlatParameters.Length(Specifications));
        var ids = graph.IndexInput("ids", batch * length);
        var pooling = graph.Input("pooling", batch, 1, length);
        var targets = graph.IndexInput("targets", batch);
        var weights = FlatParameters.Slice(graph, parameters, Specifications);
        var embedded = graph.Reshape(graph.Rows(weights["embedding"], ids), batch, length, options.Width);
        var mean = graph.Reshape(graph.MatrixProduct(pooling, embedded), batch, options.Width);
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
                .Select(_ => item.Decayed ? (float)((random.NextDouble() - 0.5) * 2 / Math.Sqrt(item.Shape[0] == vocabularySize ? options.Width : item.Shape[0])) : 0f)),
        ];
    }
}
