using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Llama;
using GenAiLab.Training.Optimization;

namespace GenAiLab.Experiments.Opposites;

/// <summary>p(codes | label), learned from nothing but some examples: a decoder of the lab's kind whose only prompt is the label. Not thread-safe.</summary>
internal sealed class SmallGenerator : IDisposable
{
    private const int Begin = 0;
    private readonly int _labels;
    private readonly int _length;
    private readonly float[] _parameters;
    private readonly TokenScores _scores;

    private SmallGenerator(LlamaConfig config, float[] parameters, int labels, int length, int threads)
    {
        (_labels, _length, _parameters) = (labels, length, parameters);
        _scores = new TokenScores(config, labels, length, places: null, threads);
    }

    /// <summary>Trains it; the examples are read again and again, in other orders.</summary>
    /// <param name="folder">For checkpoints.</param>
    /// <param name="examples">Codes from 0, and the index of the label.</param>
    /// <param name="labels">How many labels there are.</param>
    /// <param name="codes">How many codes there are.</param>
    /// <param name="length">Codes of the longest example that there will be.</param>
    /// <param name="steps">Of training.</param>
    /// <param name="seed">Of weights and orders.</param>
    /// <param name="threads">Of the training.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="ExperimentException">The training diverged.</exception>
    public static SmallGenerator Train(
        string folder, IReadOnlyList<(int[] Codes, int Label)> examples, int labels, int codes, int length, int steps, int seed, int threads, CancellationToken cancellation)
    {
        var options = new BaseTrainingOptions
        {
            Seed = seed,
            Threads = threads,
            Steps = steps,
            Length = length + 1,
            HiddenSize = 64,
            Layers = 3,
            Heads = 2,
            HeadSize = 32,
            IntermediateSize = 176,
            LearningRate = 4e-3f,
            WarmUpSteps = 20,
            EvaluationInterval = steps,
        };
        int[][] documents = [.. examples.Select(example => (int[])[Token(example.Label), .. example.Codes.Select(code => 1 + labels + code)])];
        // At least a batch of them, if it has to be by repetition.
        var enough = Enumerable.Range(0, Math.Max(documents.Length, options.BatchSize * (length + 2) / documents.Min(static document => document.Length + 1) * 2))
            .Select(at => documents[at % documents.Length]).ToArray();
        var corpus = new TokenizedCorpus(enough, [.. enough.Take(4 * options.BatchSize)], 1 + labels + codes, Begin);
        try
        {
            var result = OwnThread.Run(() => new BaseTraining(options, corpus, folder).Run(null, cancellation));
            return new SmallGenerator(result.Config, FlatParameters.Pack(result.Weights, FlatParameters.Of(result.Config)), labels, length + 1, threads);
        }
        catch (InvalidOperationException error)
        {
            throw new ExperimentException($"a small generator could not be trained: {error.Message}");
        }
        finally
        {
            BaseTraining.Forget(folder);
        }
    }

    /// <summary>log p(codes | label) of every label, in nats.</summary>
    public double[] LogLikelihoods(IReadOnlyList<int> codes)
    {
        // Time-major, a label a row; what is behind the end is not counted.
        var (ids, targets) = (new long[_length * _labels], new long[_length * _labels]);
        for (var label = 0; label < _labels; label++)
        {
            ids[label] = Token(label);
            for (var at = 0; at < codes.Count; at++)
            {
                var token = 1 + _labels + codes[at];
                targets[(at * _labels) + label] = token;
                if (at + 1 < _length)
                {
                    ids[((at + 1) * _labels) + label] = token;
                }
            }
        }

        var scores = _scores.Measure(_parameters, ids, targets);
        return [.. Enumerable.Range(0, _labels).Select(label => Enumerable.Range(0, codes.Count).Sum(at => (double)scores[(at * _labels) + label]))];
    }

    /// <inheritdoc/>
    public void Dispose() => _scores.Dispose();

    private static int Token(int label) => 1 + label;
}
