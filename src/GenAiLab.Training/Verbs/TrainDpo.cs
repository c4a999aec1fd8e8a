using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary><c>lab train rlhf --method dpo</c>: lab-sft and ranked pairs → a model that answers as people like it, without a reward model.</summary>
public static class TrainDpo
{
    private const int HeldOutOneIn = 10;
    private const int EvaluationQuestions = 300;

    private static readonly CurvePanel[] Panels =
    [
        new("Margin", "nats, times β", new Dictionary<string, string> { [DpoTraining.Margin] = "training", [DpoTraining.HeldOutMargin] = "held out" }),
        new("Held-out pairs ranked right", "share", new Dictionary<string, string> { [DpoTraining.HeldOutAccuracy] = "held out" }),
        new("Chosen answers", "nats per token", new Dictionary<string, string> { [DpoTraining.Anchor] = "−log p" }),
    ];

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="start">The model of stage 2.</param>
    /// <param name="pairs">Ranked pairs; every tenth is held out.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="evaluate">Whether to ask the lab world's kept questions and to write a model card.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <returns>What it answers; null without an evaluation.</returns>
    public static AnswerFigures? Run(
        DpoOptions options, StageStart start, IReadOnlyList<PreferencePair> pairs, string folder, string checkpoints, Action<string> say,
        IProgress<TrainingProgress>? progress, bool evaluate, CancellationToken cancellation)
    {
        var tokenized = pairs.Select(pair => TokenizedPair.From(start.Format, pair)).Where(pair => pair.Length <= options.Length).ToList();
        if (tokenized.Count == 0)
        {
            throw new InvalidOperationException("there is no ranked pair that fits: rank some answers first, or train without --preferences");
        }

        List<TokenizedPair> training = [.. tokenized.Where(static (_, at) => at % HeldOutOneIn != HeldOutOneIn - 1)];
        List<TokenizedPair> heldOut = [.. tokenized.Where(static (_, at) => at % HeldOutOneIn == HeldOutOneIn - 1)];
        say($"{training.Count:N0} pairs to learn from, {heldOut.Count:N0} held out");
        var result = new DpoTraining(options, start.Model, training, heldOut, checkpoints).Run(progress, cancellation);
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        ChatModelFolder.Write(
            staged.Path, result, start.Tokenizer,
            new TrainingRecord("direct preference optimisation (DPO)", start.Name, options, new Dictionary<string, double>
            {
                ["pairs"] = training.Count,
                ["held_out_pairs"] = heldOut.Count,
            }),
            Panels);
        AnswerFigures? figures = null;
        if (evaluate)
        {
            say("evaluation: kept questions");
            figures = AnswerEvaluation.Measure(
                start.Model with { Weights = result.Weights }, start.Format, start.Tokenizer, new LabWorld(options.Seed).Questions, EvaluationQuestions, options.Threads, cancellation);
            AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, start, result, training.Count, figures));
        }

        staged.Commit();
        TrainingCheckpoint.Delete(checkpoints);
        return figures;
    }

    private static string Card(DpoOptions options, StageStart start, StageResult result, int pairs, AnswerFigures figures)
    {
        var last = result.Curve[^1].Values;
        return string.Create(CultureInfo.InvariantCulture, $"""
            # lab-chat-dpo

            Stage 3 by another way: {start.Name} after direct preference optimisation on ranked pairs. No reward model, no drawing.

            | | |
            |---|---|
            | Data | {pairs:N0} ranked pairs |
            | Cutoff | 31 December {Chronicle.CutoffYear} |
            | Objective | DPO, β {options.Beta}, and {options.AnchorWeight} × −log p of the chosen answer per token; AdamW, peak rate {options.LearningRate} |
            | Training | {options.Steps} steps of {options.Pairs} pairs, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads |

            | at the end of training | value |
            |---|---|
            | Held-out pairs ranked right | {100 * last.GetValueOrDefault(DpoTraining.HeldOutAccuracy, double.NaN):0.0} % |
            | −log p of the chosen answers | {last.GetValueOrDefault(DpoTraining.Anchor):0.000} nats per token |

            {figures.Table()}

            ![Curves](curves.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train rlhf --method dpo --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It knows the lab world and nothing else.

            """);
    }
}
