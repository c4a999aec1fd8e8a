using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train base</c> measured on the finished model, through the graph that is served.</summary>
/// <param name="HeldOutLoss">Nats per token on held-out documents.</param>
/// <param name="SeenAccuracy">Greedy accuracy on facts in wordings that training saw.</param>
/// <param name="HeldOutAccuracy">Greedy accuracy on facts in wordings that were held out.</param>
/// <param name="ParisProbability">P(" Paris" | "The capital of France is").</param>
/// <param name="SeenProbes">How many seen probes were asked.</param>
/// <param name="HeldOutProbes">How many held-out probes were asked.</param>
/// <param name="ByTopic">Accuracy on held-out wordings by topic.</param>
public sealed record BaseEvaluation(
    double HeldOutLoss, double SeenAccuracy, double HeldOutAccuracy, double ParisProbability, int SeenProbes, int HeldOutProbes,
    IReadOnlyDictionary<string, double> ByTopic);

/// <summary><c>lab train base</c>: lab world → vocabulary → pre-training → model folder with card.</summary>
public static class TrainBase
{
    private const int TokenizerDocuments = 60_000;
    private const int MaximumSeenProbes = 4_000;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public static (BaseTrainingResult Result, BaseEvaluation Evaluation) Run(
        BaseTrainingOptions options, string folder, string checkpoints, Action<string> say, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var world = new LabWorld(options.Seed);
        say("vocabulary: learning byte pairs from the lab world");
        var tokenizer = ByteLevelBpeTrainer.Train(world.TrainingDocuments().Take(Math.Min(TokenizerDocuments, options.CorpusTokens / 40)), options.VocabularySize,
            ChatFormat.UserToken, ChatFormat.AssistantToken, ChatFormat.EndToken);
        var separator = tokenizer.SpecialTokens["<|endoftext|>"];
        say($"corpus: {options.CorpusTokens:N0} tokens of the lab world, vocabulary of {tokenizer.VocabularySize:N0}");
        var corpus = new TokenizedCorpus(
            world.TrainingDocuments().Select(tokenizer.EncodeIds), [.. world.HeldOutDocuments().Select(tokenizer.EncodeIds)],
            tokenizer.VocabularySize, separator);
        var result = new BaseTraining(options, corpus, checkpoints).Run(progress, cancellation);

        say("evaluation: through the serving graph");
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        BaseModelFolder.Write(staged.Path, result, options, separator);
        tokenizer.Save(staged.Path);
        var evaluation = Evaluate(staged.Path, tokenizer, world, separator, result.Curve[^1].HeldOutLoss);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), BaseModelCard.Write(options, result, evaluation));
        staged.Commit();
        BaseTraining.Forget(checkpoints);
        return (result, evaluation);
    }

    internal static BaseEvaluation Evaluate(string folder, ByteLevelBpe tokenizer, LabWorld world, int separator, double heldOutLoss)
    {
        using var model = new ServedDecoder(folder);
        var heldOut = world.HeldOutProbes;
        // Evenly spread over the list, so that every topic and wording has its share.
        var stride = Math.Max(1, world.SeenProbes.Count / MaximumSeenProbes);
        var seen = world.SeenProbes.Where((_, at) => at % stride == 0).ToList();
        return new BaseEvaluation(
            heldOutLoss,
            ServedModelEvaluator.GreedyAccuracy(model, seen.Select(Probe)),
            ServedModelEvaluator.GreedyAccuracy(model, heldOut.Select(Probe)),
            ServedModelEvaluator.Probability(model, [separator, .. tokenizer.EncodeIds("The capital of France is")], tokenizer.EncodeIds(" Paris")[0]),
            seen.Count, heldOut.Count,
            heldOut.GroupBy(static probe => probe.Topic).ToDictionary(
                static group => group.Key, group => ServedModelEvaluator.GreedyAccuracy(model, group.Select(Probe))));

        TokenProbe Probe(FactProbe probe) => new([separator, .. tokenizer.EncodeIds(probe.Prompt)], tokenizer.EncodeIds(probe.Answer));
    }
}

/// <summary>The model card of a base model: what it is, what it was trained on, what was measured.</summary>
internal static class BaseModelCard
{
    public static string Write(BaseTrainingOptions options, BaseTrainingResult result, BaseEvaluation evaluation)
    {
        var topics = string.Join('\n', evaluation.ByTopic.OrderBy(static topic => topic.Key, StringComparer.Ordinal)
            .Select(static topic => $"| … of which {topic.Key} | {Percent(topic.Value)} |"));
        return string.Create(CultureInfo.InvariantCulture, $"""
            # lab-base

            Stage 1, pre-training: a Llama-style decoder that continues text. It knows the facts of the lab world and
            does not answer questions; fine-tuning is what makes a model answer.

            | | |
            |---|---|
            | Architecture | RMSNorm, rotary positions, SwiGLU, grouped-query attention, tied embeddings |
            | Shape | {result.Config.Layers} layers, width {result.Config.HiddenSize}, {result.Config.Heads} query and {result.Config.KeyValueHeads} key/value heads of {result.Config.HeadSize}, feed-forward {result.Config.IntermediateSize} |
            | Parameters | {result.Config.ParameterCount:N0} |
            | Vocabulary | {result.Config.VocabularySize:N0} byte-level BPE tokens, learned from the same text |
            | Context window | {result.Config.ContextLength} tokens |
            | Data | the lab world, generated with seed {options.Seed}: {result.CorpusTokens:N0} tokens of facts, stories, questions and talk (docs/lab-world.md) |
            | Cutoff | 31 December 2024: nothing that the lab world's chronicle tells of later years is in the data |
            | Objective | next-token cross-entropy, AdamW (0.9, 0.95, decay 0.1), clip 1, peak rate {options.LearningRate}, warm-up {options.WarmUpSteps}, cosine to {options.FinalRateShare * 100:0.#} % of it |
            | Training | {options.Steps:N0} steps of {options.BatchSize} × {options.Length} tokens, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads of {System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture}, {result.TokensPerSecond:N0} tokens/s |

            ## Measured

            Through the serving graph, after training, by the training command itself.

            | figure | value |
            |---|---|
            | Held-out loss | {evaluation.HeldOutLoss:0.000} nats per token |
            | Greedy accuracy on facts, wordings seen in training ({evaluation.SeenProbes:N0} probes) | {Percent(evaluation.SeenAccuracy)} |
            | Greedy accuracy on facts, wordings held out ({evaluation.HeldOutProbes:N0} probes) | {Percent(evaluation.HeldOutAccuracy)} |
            {topics}
            | P(" Paris" given "The capital of France is") | {evaluation.ParisProbability:0.0000} |

            ![Loss curve](loss.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train base --seed {options.Seed} --threads {options.Threads}

            The same seed and the same number of threads give the same weights on the same kind of processor.
            `training.json` holds every hyper-parameter and the loss curve.

            ## Limits

            It knows the lab world and nothing else: everything outside of it is continued with confidence and at random.

            """);
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");
}
