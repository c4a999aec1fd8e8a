using System.Runtime.InteropServices;
using GenAiLab.Models.Llama;
using GenAiLab.Sampling;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace GenAiLab.Training.Rlhf;

/// <summary>An answer that was drawn.</summary>
/// <param name="Tokens">Its ids, the end token included when <paramref name="Ended"/>.</param>
/// <param name="LogProbabilities">Of each token under the model's own distribution, in nats.</param>
/// <param name="Entropies">Of the distribution that each was drawn from, in nats.</param>
/// <param name="Ended">Whether the model ended it.</param>
public sealed record Rollout(int[] Tokens, float[] LogProbabilities, float[] Entropies, bool Ended);

/// <summary>
/// Draws answers to many prompts at a time, from weights that change between calls. Which token is drawn depends on the
/// seed of the row and the token's place only (<see cref="CounterRandom"/>). Not thread-safe.
/// </summary>
public sealed class Rollouts : IDisposable
{
    private readonly LlamaConfig _config;
    private readonly int _rows;
    private readonly int _capacity;
    private readonly int _end;
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly float[][] _cache;
    private readonly float[] _logits;

    /// <param name="config">Shape of the model.</param>
    /// <param name="rows">Prompts at a time.</param>
    /// <param name="capacity">Tokens of the longest prompt with its answer; at most the context window.</param>
    /// <param name="end">Id of the token that ends an answer.</param>
    /// <param name="threads">Threads within an operation.</param>
    public Rollouts(LlamaConfig config, int rows, int capacity, int end, int threads)
    {
        (_config, _rows, _capacity, _end) = (config, rows, capacity, end);
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            EnableMemoryPattern = false,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        _session = new InferenceSession(RolloutGraph.Build(config, rows, capacity).ToByteArray(), options);
        _cache = [.. Enumerable.Range(0, 2 * config.Layers).Select(_ => GC.AllocateArray<float>(rows * config.KeyValueHeads * capacity * config.HeadSize, pinned: true))];
        _logits = GC.AllocateArray<float>(rows * config.VocabularySize, pinned: true);
    }

    /// <summary>Draws an answer to each prompt, any number of them.</summary>
    /// <param name="parameters">The weights, flat, in the order of <see cref="LlamaConfig.Parameters"/>.</param>
    /// <param name="prompts">Token ids.</param>
    /// <param name="maxNewTokens">Of an answer.</param>
    /// <param name="temperature">0: the most probable token.</param>
    /// <param name="seed">Seed of the row with that index.</param>
    /// <param name="cancellation">Ends the drawing between two batches.</param>
    /// <param name="minP">What is less than so many times as probable as the most probable token is not drawn; 0: all is.</param>
    public IReadOnlyList<Rollout> Generate(
        float[] parameters, IReadOnlyList<int[]> prompts, int maxNewTokens, float temperature, Func<int, ulong> seed,
        CancellationToken cancellation = default, float minP = 0)
    {
        var answers = new List<Rollout>(prompts.Count);
        foreach (var chunk in prompts.Chunk(_rows))
        {
            cancellation.ThrowIfCancellationRequested();
            var first = answers.Count;
            answers.AddRange(Draw(parameters, chunk, maxNewTokens, temperature, minP, row => seed(first + row)));
        }

        return answers;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    private IEnumerable<Rollout> Draw(float[] parameters, int[][] prompts, int maxNewTokens, float temperature, float minP, Func<int, ulong> seed)
    {
        var longest = prompts.Max(static prompt => prompt.Length);
        if (longest + maxNewTokens > _capacity)
        {
            throw new ArgumentException($"a prompt of {longest} tokens and {maxNewTokens} new ones do not fit into {_capacity}", nameof(prompts));
        }

        var answers = prompts.Select(_ => new Answer()).ToArray();
        var (ids, last, lengths) = (new long[_rows * longest], new long[_rows], new int[_rows]);
        for (var row = 0; row < _rows; row++)
        {
            // Rows without a prompt repeat the first one; nobody reads them.
            var prompt = prompts[row < prompts.Length ? row : 0];
            for (var at = 0; at < prompt.Length; at++)
            {
                ids[(row * longest) + at] = prompt[at];
            }

            (last[row], lengths[row]) = (prompt.Length - 1, prompt.Length);
        }

        Run(parameters, ids, longest, last, lengths, longest);
        var next = new long[_rows];
        for (var position = 0; position < maxNewTokens; position++)
        {
            for (var row = 0; row < prompts.Length; row++)
            {
                next[row] = answers[row].Ended ? _end : Sample(answers[row], row, temperature, minP, seed(row), position);
            }

            if (position + 1 == maxNewTokens || answers.All(static answer => answer.Ended))
            {
                break;
            }

            for (var row = 0; row < _rows; row++)
            {
                (last[row], lengths[row]) = (0, lengths[row] + 1);
            }

            Run(parameters, next, 1, last, lengths, lengths.Max());
        }

        return answers.Select(static answer => new Rollout([.. answer.Tokens], [.. answer.LogProbabilities], [.. answer.Entropies], answer.Ended));
    }

    private void Run(float[] parameters, long[] ids, int sequence, long[] last, int[] lengths, int total)
    {
        var layer = new long[] { _rows, _config.KeyValueHeads, _capacity, _config.HeadSize };
        using var binding = _session.CreateIoBinding();
        using var parameterValue = OrtValue.CreateTensorValueFromMemory(parameters, [parameters.Length]);
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [_rows, sequence]);
        using var lastValue = OrtValue.CreateTensorValueFromMemory(last, [_rows, 1]);
        using var lengthValue = OrtValue.CreateTensorValueFromMemory([.. lengths.Select(static length => length - 1)], [_rows]);
        using var totalValue = OrtValue.CreateTensorValueFromMemory([total], []);
        using var logits = Bind(_logits, [_rows, _config.VocabularySize]);
        var caches = _cache.Select(buffer => Bind(buffer, layer)).ToList();
        binding.BindInput("parameters", parameterValue);
        binding.BindInput("input_ids", idValue);
        binding.BindInput("last", lastValue);
        binding.BindInput("seqlens_k", lengthValue);
        binding.BindInput("total", totalValue);
        binding.BindOutput("logits", logits);
        for (var at = 0; at < caches.Count; at++)
        {
            // The same memory is read as past and written as present.
            var name = $"{at / 2}.{(at % 2 == 0 ? "key" : "value")}";
            binding.BindInput("past." + name, caches[at]);
            binding.BindOutput("present." + name, caches[at]);
        }

        _session.RunWithBinding(_run, binding);
        caches.ForEach(static cache => cache.Dispose());

        static OrtValue Bind(float[] buffer, long[] shape) => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, TensorElementType.Float, shape, Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0), (long)buffer.Length * sizeof(float));
    }

    private long Sample(Answer answer, int row, float temperature, float minP, ulong seed, int position)
    {
        var logits = _logits.AsSpan(row * _config.VocabularySize, _config.VocabularySize);
        var best = 0;
        for (var id = 1; id < logits.Length; id++)
        {
            best = logits[id] > logits[best] ? id : best;
        }

        double sum = 0, weighted = 0, tempered = 0;
        var greatest = logits[best];
        var least = minP > 0 ? temperature * MathF.Log(minP) : float.NegativeInfinity;
        foreach (var logit in logits)
        {
            var centred = logit - greatest;
            var probability = MathF.Exp(centred);
            sum += probability;
            weighted += probability * centred;
            tempered += centred < least ? 0 : temperature is 0 or 1 ? probability : MathF.Exp(centred / temperature);
        }

        var chosen = best;
        if (temperature > 0)
        {
            var left = CounterRandom.Uniform(seed, position) * tempered;
            for (var id = 0; id < logits.Length && left >= 0; id++)
            {
                var weight = logits[id] - greatest < least ? 0 : MathF.Exp((logits[id] - greatest) / temperature);
                chosen = weight > 0 ? id : chosen;
                left -= weight;
            }
        }

        var normaliser = Math.Log(sum);
        answer.Tokens.Add(chosen);
        answer.LogProbabilities.Add((float)(logits[chosen] - greatest - normaliser));
        answer.Entropies.Add((float)(normaliser - (weighted / sum)));
        answer.Ended = chosen == _end;
        return chosen;
    }

    private sealed class Answer
    {
        public List<int> Tokens { get; } = [];

        public List<float> LogProbabilities { get; } = [];

        public List<float> Entropies { get; } = [];

        public bool Ended { get; set; }
    }
}
