using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Reward;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Serving;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary><c>lab train rlhf</c>: lab-sft and lab-reward → lab-chat, a model that answers as people like it.</summary>
public static class TrainRlhf
{
    private const int PracticePrompts = 6_000;
    private const int JudgedPrompts = 288;
    private const int EvaluationQuestions = 300;

    private static readonly CurvePanel[] Panels =
    [
        new("Reward", "deviations", new Dictionary<string, string> { [RlhfTraining.Reward] = "mean" }),
        new("Divergence from stage 2", "nats per answer", new Dictionary<string, string> { [RlhfTraining.Kl] = "KL" }),
        new("Entropy", "nats per token", new Dictionary<string, string> { [RlhfTraining.Entropy] = "mean" }),
        new("Length", "tokens per answer", new Dictionary<string, string> { [RlhfTraining.Length] = "mean" }),
        new("Wins against stage 2, held-out judge", "share", new Dictionary<string, string> { [RlhfTraining.WinRate] = "win rate" }),
    ];

    /// <summary>Runs the whole verb by GRPO, or goes on with an interrupted run.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="start">The model of stage 2.</param>
    /// <param name="rewardFolder">Folder of the reward model.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="evaluate">Whether to ask the lab world's kept questions and to write a model card.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <returns>What it answers; null without an evaluation.</returns>
    public static AnswerFigures? Run(
        RlhfOptions options, StageStart start, string rewardFolder, string folder, string checkpoints, Action<string> say,
        IProgress<TrainingProgress>? progress, bool evaluate, CancellationToken cancellation)
    {
        var questions = new LabWorld(options.Seed).Questions;
        using var reward = new RewardScorer(rewardFolder, options.Threads);
        var data = Data(options, start, questions, reward);
        say($"{data.Prompts.Count:N0} prompts to practise on, {options.Prompts} × {options.Group} answers a step; {data.HeldOut.Count} judged");
        var result = new RlhfTraining(options, start.Model, data, checkpoints).Run(progress, cancellation);
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        ChatModelFolder.Write(
            staged.Path, result, start.Tokenizer,
            new TrainingRecord("policy optimisation (GRPO)", start.Name, options, new Dictionary<string, double> { ["prompts"] = data.Prompts.Count }), Panels);
        AnswerFigures? figures = null;
        if (evaluate)
        {
            say("evaluation: kept questions");
            figures = AnswerEvaluation.Measure(
                start.Model with { Weights = result.Weights }, start.Format, start.Tokenizer, questions, EvaluationQuestions, options.Threads, cancellation);
            AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, start, result, figures));
        }

        staged.Commit();
        TrainingCheckpoint.Delete(checkpoints);
        return figures;
    }

    /// <summary>Prompts of the lab world, rewarded by a reward model and judged by the held-out judge.</summary>
    public static RlhfData Data(RlhfOptions options, StageStart start, WorldQuestions questions, RewardScorer reward)
    {
        var practice = Draw(kept: false, PracticePrompts, options.Seed);
        var judged = Draw(kept: true, JudgedPrompts, options.Seed + 1);
        int[][] prompts = [.. practice.Select(question => start.Format.Prompt(question.Messages))];
        return new RlhfData(
            prompts,
            [.. judged.Select(question => start.Format.Prompt(question.Messages))],
            answers => reward.Rewards([.. answers.Select(item => (int[])[.. prompts[item.Prompt], .. item.Answer.Tokens])]),
            (at, one, other) => HeldOutJudge.Compare(judged[at], Read(one), Read(other)));

        (string Text, bool Ended) Read(Rollout answer) => (AnswerEvaluation.Text(start.Tokenizer, answer), answer.Ended);

        List<WorldQuestion> Draw(bool kept, int count, int seed)
        {
            var random = new Random(seed);
            var drawn = new List<WorldQuestion>(count);
            while (drawn.Count < count)
            {
                var question = questions.Draw(random, RatedPairs.Kind(random), kept);
                if (start.Format.Prompt(question.Messages).Length <= options.PromptLength)
                {
                    drawn.Add(question);
                }
            }

            return drawn;
        }
    }

    private static string Card(RlhfOptions options, StageStart start, StageResult result, AnswerFigures figures)
    {
        var last = result.Curve[^1].Values;
        return string.Create(CultureInfo.InvariantCulture, $"""
            # lab-chat

            Stage 3, RLHF: {start.Name} after policy optimisation against lab-reward. It answers what it knows, says when it does not
            know, and does not help to hurt.

            | | |
            |---|---|
            | Data | {PracticePrompts:N0} requests of the lab world; answers drawn from the model itself, rewarded by lab-reward |
            | Cutoff | 31 December {Chronicle.CutoffYear} |
            | Objective | GRPO: reward less the mean of {options.Group} answers to one prompt, and {options.KlWeight} × the divergence from {start.Name}; AdamW, peak rate {options.LearningRate} |
            | Training | {options.Steps} steps of {options.Prompts} × {options.Group} answers, {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads |

            | at the end of training | value |
            |---|---|
            | Reward | {last.GetValueOrDefault(RlhfTraining.Reward):0.00} deviations |
            | Divergence from {start.Name} | {last.GetValueOrDefault(RlhfTraining.Kl):0.0} nats an answer |
            | Entropy | {last.GetValueOrDefault(RlhfTraining.Entropy):0.000} nats a token |
            | Preferred to {start.Name} by the held-out judge ({JudgedPrompts} kept requests, drawn answers) | {100 * last.GetValueOrDefault(RlhfTraining.WinRate):0.0} % |

            {figures.Table()}

            ![Curves](curves.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train rlhf --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It knows the lab world and nothing else. What looks like a thing of the lab world may be answered with confidence.

            """);
    }
}
