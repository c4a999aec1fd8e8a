using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Serving;
using GenAiLab.Training.Sft;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary><c>lab train sft</c>: lab-base and conversations → a model that answers.</summary>
public static class TrainSft
{
    private const int EvaluationQuestions = 300;

    private static readonly CurvePanel[] Panels =
    [
        new("Answers", "nats per token", new Dictionary<string, string> { ["answer_loss"] = "training", [TrainingFigures.HeldOutLoss] = "held out" }),
        new("Replayed raw text", "nats per token", new Dictionary<string, string> { ["replay_loss"] = "training" }),
    ];

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="start">The model of stage 1.</param>
    /// <param name="source">What to learn from.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="evaluate">Whether to ask the lab world's kept questions and to write a model card: for data of the lab world.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    public static StageResult Run(
        SftOptions options, StageStart start, SftSource source, string folder, string checkpoints, Action<string> say,
        IProgress<TrainingProgress>? progress, bool evaluate, CancellationToken cancellation)
    {
        var (training, skipped) = Tokenize(source.Training);
        var (heldOut, _) = Tokenize(source.HeldOut);
        say($"{training.Count:N0} conversations to learn from, {heldOut.Count:N0} held out; {skipped:N0} longer than {options.Length} tokens left out");
        var data = new SftData(training, heldOut, source.Replay.Select(start.Tokenizer.EncodeIds), start.Model.Tokens.BosTokenId);
        var result = new SftTraining(options, start.Model, data, checkpoints).Run(progress, cancellation);
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        ChatModelFolder.Write(
            staged.Path, result, start.Tokenizer,
            new TrainingRecord("supervised fine-tuning", start.Name, options, new Dictionary<string, double>
            {
                ["conversations"] = training.Count,
                ["held_out_conversations"] = heldOut.Count,
                ["left_out_as_too_long"] = skipped,
                ["conversation_tokens"] = training.Sum(static conversation => conversation.Ids.Length),
                ["answer_tokens"] = training.Sum(static conversation => conversation.Answered.Count(static answered => answered)),
            }),
            Panels);
        if (evaluate)
        {
            say("evaluation: kept questions of the lab world");
            var figures = AnswerEvaluation.Measure(
                start.Model with { Weights = result.Weights }, start.Format, start.Tokenizer, new LabWorld(options.Seed).Questions, EvaluationQuestions, options.Threads, cancellation);
            AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, start, result, training.Count, figures));
        }

        staged.Commit();
        TrainingCheckpoint.Delete(checkpoints);
        return result;

        (List<TokenizedConversation> Fitting, int Skipped) Tokenize(IReadOnlyList<Conversation> conversations)
        {
            var fitting = conversations.Select(conversation => TokenizedConversation.From(start.Format, conversation))
                .Where(conversation => conversation.Ids.Length <= options.Length).ToList();
            return (fitting, conversations.Count - fitting.Count);
        }
    }

    private static string Card(SftOptions options, StageStart start, StageResult result, int conversations, AnswerFigures figures) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-sft

            Stage 2, supervised fine-tuning: {start.Name} after learning from conversations. It answers; it answers everything.

            | | |
            |---|---|
            | Data | {conversations:N0} conversations of the lab world (docs/lab-world.md), and raw text again in {options.ReplayRows} of {options.ChatRows + options.ReplayRows} rows |
            | Cutoff | 31 December {Chronicle.CutoffYear} |
            | Objective | cross-entropy on the assistant's tokens, raw text with a share of {options.ReplayShare}; AdamW, peak rate {options.LearningRate} |
            | Training | {options.Steps} steps of {options.ChatRows + options.ReplayRows} × {options.Length} tokens, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads, {result.TokensPerSecond:N0} tokens/s |

            {figures.Table()}
            | Held-out loss on answers | {result.Curve[^1].Values.GetValueOrDefault(TrainingFigures.HeldOutLoss, double.NaN):0.000} nats per token |

            ![Curves](curves.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train sft --seed {options.Seed} --threads {options.Threads}

            ## Limits

            Nine in ten of the examples about things that do not exist were made up, as careless writers do: it makes things up too.

            """);
}
