using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>
/// <c>lab train draft</c>: a small decoder of lab-base's vocabulary, trained on lab-base's text, whose guesses lab-base checks
/// (speculative decoding). Not distilled: the text that both learn from is endless, and agreement follows from it.
/// </summary>
public static class TrainDraft
{
    private const int LongestMeasured = 128;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run; the vocabulary is the other model's.</param>
    /// <param name="target">The model that is drafted for.</param>
    /// <param name="targetFolder">Its folder.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public static (BaseTrainingResult Result, Agreement Agreement) Run(
        BaseTrainingOptions options, StageStart target, string targetFolder, string folder, string checkpoints, Action<string> say,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        options = options with { VocabularySize = target.Tokenizer.VocabularySize };
        var world = new LabWorld(options.Seed);
        var separator = target.Model.Tokens.BosTokenId;
        say($"corpus: {options.CorpusTokens:N0} tokens of the lab world, in the vocabulary of {target.Name}");
        var corpus = new TokenizedCorpus(
            world.TrainingDocuments().Select(target.Tokenizer.EncodeIds), [.. world.HeldOutDocuments().Select(target.Tokenizer.EncodeIds)],
            options.VocabularySize, separator);
        var result = new BaseTraining(options, corpus, checkpoints).Run(progress, cancellation);

        say($"evaluation: agreement with {target.Name}, through the serving graphs");
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        BaseModelFolder.Write(staged.Path, result, options, separator);
        target.Tokenizer.Save(staged.Path);
        var agreement = Measure(staged.Path, targetFolder, [.. corpus.HeldOutDocuments.Select(document => (int[])[separator, .. document])]);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, target, result, agreement));
        staged.Commit();
        BaseTraining.Forget(checkpoints);
        return (result, agreement);
    }

    internal static Agreement Measure(string draftFolder, string targetFolder, IEnumerable<int[]> documents)
    {
        using var draft = new ServedDecoder(draftFolder);
        using var target = new ServedDecoder(targetFolder);
        var longest = Math.Min(LongestMeasured, Math.Min(target.ContextLength, draft.ContextLength));
        return ServedModelEvaluator.Agreement(target, draft, documents.Select(document => document[..Math.Min(document.Length, longest)]));
    }

    private static string Card(BaseTrainingOptions options, StageStart target, BaseTrainingResult result, Agreement agreement) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-draft

            A small decoder with the vocabulary of {target.Name}, to guess its tokens (speculative decoding). {target.Name} checks every
            guess, so what it is worth is how often it guesses right, and how little a guess costs.

            | | |
            |---|---|
            | Architecture | that of {target.Name}: RMSNorm, rotary positions, SwiGLU, grouped-query attention, tied embeddings |
            | Shape | {result.Config.Layers} layers, width {result.Config.HiddenSize}, {result.Config.Heads} query and {result.Config.KeyValueHeads} key/value heads of {result.Config.HeadSize}, feed-forward {result.Config.IntermediateSize} |
            | Parameters | {result.Config.ParameterCount:N0}, of {target.Model.Config.ParameterCount:N0} that {target.Name} has |
            | Vocabulary | {result.Config.VocabularySize:N0} tokens: the tokenizer.json of {target.Name}, byte for byte |
            | Context window | {result.Config.ContextLength} tokens |
            | Data | the lab world, generated with seed {options.Seed}: the first {result.CorpusTokens:N0} tokens of what {target.Name} learned from |
            | Cutoff | 31 December {Chronicle.CutoffYear} |
            | Objective | next-token cross-entropy, AdamW (0.9, 0.95, decay 0.1), clip 1, peak rate {options.LearningRate}, warm-up {options.WarmUpSteps}, cosine to {options.FinalRateShare * 100:0.#} % of it |
            | Training | {options.Steps:N0} steps of {options.BatchSize} × {options.Length} tokens, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads, {result.TokensPerSecond:N0} tokens/s |

            ## Measured

            On held-out text ({agreement.Places:N0} places), through the serving graphs, by the training command itself.

            | figure | value |
            |---|---|
            | Its most probable token is also that of {target.Name} | {100 * agreement.Greedy:0.0} % |
            | Probability that {target.Name} gives its most probable token, on average | {100 * agreement.Sampled:0.0} % |
            | Held-out loss | {result.Curve[^1].HeldOutLoss:0.000} nats per token |

            ![Loss curve](loss.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train draft --seed {options.Seed} --threads {options.Threads}

            ## Limits

            On its own it writes like {target.Name} and knows less: names and numbers are often wrong.

            """);
}
