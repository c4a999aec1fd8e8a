using GenAiLab.Models.Onnx;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Sounds.Hearing;

/// <summary>A spoken word with the index of its label.</summary>
/// <param name="Samples">Clean, at 16,000 samples a second, without silence around.</param>
/// <param name="Label">Index of the logit.</param>
public sealed record LabelledWord(float[] Samples, int Label);

/// <summary>Trains a classifier of spoken words.</summary>
/// <param name="options">What decides the result.</param>
/// <param name="labels">How many words there are.</param>
public sealed class HearingTraining(HearingOptions options, int labels)
{
    private const int Samples = LogMelGraph.Samples;
    private readonly HearingModel _model = new(options, labels);

    /// <summary>Number of weights that are learned.</summary>
    public int ParameterCount => FlatParameters.Length(_model.Parameters);

    /// <summary>Trains to the end.</summary>
    /// <param name="words">What is learned from; each time it is heard somewhere else.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is kept.</param>
    /// <returns>Every weight by name.</returns>
    public IReadOnlyDictionary<string, float[]> Run(IReadOnlyList<LabelledWord> words, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (batch, constants) = (options.BatchSize, new AdamWConstants());
        var (samples, targets) = (new float[batch * Samples], new long[batch]);
        using var session = new TrainingSession(
            BuildGraph(constants),
            new Dictionary<string, (Array, long[])> { ["samples"] = (samples, [batch, Samples]), ["targets"] = (targets, [batch]) },
            InitialWeights(), constants, options.Threads);
        var random = new Random(StableHash.Of($"{options.Seed}|hearing"));
        var schedule = new LearningRateSchedule(options.LearningRate, options.WarmUpSteps, options.Steps);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (session.Step < options.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var row = 0; row < batch; row++)
            {
                var word = words[random.Next(words.Count)];
                Place(word.Samples, random, samples.AsSpan(row * Samples, Samples));
                targets[row] = word.Label;
            }

            var rate = schedule.At(session.Step);
            var (loss, _) = session.Run(rate);
            var seconds = watch.Elapsed.TotalSeconds;
            progress?.Report(new TrainingProgress(
                session.Step, options.Steps, loss, null, rate, session.Step * batch / seconds, TimeSpan.FromSeconds((options.Steps - session.Step) * seconds / session.Step)));
        }

        return FlatParameters.Unpack(session.Parameters, _model.Parameters);
    }

    /// <summary>The serving graph by Wav2Vec2's convention: <c>input_values</c> [1, samples] in, <c>logits</c> [1, labels] out.</summary>
    public ModelProto ServingGraph(IReadOnlyDictionary<string, float[]> weights)
    {
        var graph = new TensorGraph();
        var samples = graph.Input("input_values", 1, Samples);
        var constants = _model.Parameters.ToDictionary(static item => item.Name, item => graph.Constant(item.Name, weights[item.Name], item.Shape));
        graph.Output("logits", _model.Logits(graph, constants, LogMelGraph.Emit(graph, samples, batch: 1), batch: 1));
        return graph.Onnx.Build();
    }

    /// <summary>A word somewhere in a second, with noise.</summary>
    internal static void Place(ReadOnlySpan<float> word, Random random, Span<float> second)
    {
        var room = Math.Max(0, Samples - word.Length);
        var lead = random.Next(Math.Min(room, Samples / 3) + 1);
        second.Clear();
        var spoken = new float[Samples];
        word[..Math.Min(word.Length, Samples - lead)].CopyTo(spoken.AsSpan(lead));
        Surroundings.Add(spoken, random, before: 0, after: 0).CopyTo(second);
    }

    private Google.Protobuf.IMessage BuildGraph(AdamWConstants constants)
    {
        var (graph, batch, specifications) = (new TensorGraph(), options.BatchSize, _model.Parameters);
        var parameters = graph.Input("parameters", FlatParameters.Length(specifications));
        var samples = graph.Input("samples", batch, Samples);
        var targets = graph.IndexInput("targets", batch);
        var weights = FlatParameters.Slice(graph, parameters, specifications);
        var mask = graph.Constant("loss_mask", [.. Enumerable.Repeat(1f, batch)], batch);
        var loss = graph.CrossEntropy(_model.Logits(graph, weights, LogMelGraph.Emit(graph, samples, batch), batch), targets, mask);
        AdamWGraph.Append(graph, parameters, weights, specifications, loss, constants);
        return graph.Onnx.Build();
    }

    private float[] InitialWeights()
    {
        var random = new Random(options.Seed);
        return
        [
            .. _model.Parameters.SelectMany(item => Enumerable.Range(0, item.Length).Select(_ => item switch
            {
                // Uniform, of the deviation that keeps the size of what a rectifier passes on (He et al. 2015, arXiv:1502.01852).
                { Decayed: true } => (float)((random.NextDouble() - 0.5) * 2 * Math.Sqrt(6.0 / (item.Shape.Length == 4 ? item.Length / item.Shape[0] : item.Shape[0]))),
                _ => 0f,
            })),
        ];
    }
}
