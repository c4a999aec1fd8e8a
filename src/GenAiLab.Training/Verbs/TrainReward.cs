using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Reward;
using GenAiLab.Training.Serving;

namespace GenAiLab.Training.Verbs;

/// <summary><c>lab train reward</c>: lab-sft and ranked pairs → a model of what people prefer.</summary>
public static class TrainReward
{
    private const int HeldOutOneIn = 10;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="start">The model of stage 2.</param>
    /// <param name="pairs">Ranked pairs; every tenth is held out.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <returns>The share of held-out pairs that are ranked right; not a number when none is held out.</returns>
    public static double Run(
        RewardOptions options, StageStart start, IReadOnlyList<PreferencePair> pairs, string folder, string checkpoints, Action<string> say,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var tokenized = pairs.Select(pair => TokenizedPair.From(start.Format, pair)).Where(pair => pair.Length <= options.Length).ToList();
        if (tokenized.Count == 0)
        {
            throw new InvalidOperationException("there is no ranked pair that fits: rank some answers first, or train without --preferences");
        }

        var training = tokenized.Where(static (_, at) => at % HeldOutOneIn != HeldOutOneIn - 1).ToList();
        var heldOut = tokenized.Where(static (_, at) => at % HeldOutOneIn == HeldOutOneIn - 1).ToList();
        var sources = string.Join(", ", pairs.GroupBy(static pair => pair.Source).Select(static group => $"{group.Count():N0} by {group.Key}"));
        say($"{training.Count:N0} pairs to learn from, {heldOut.Count:N0} held out; ranked {sources}");
        var result = new RewardTraining(options, start.Model, training, heldOut, checkpoints).Run(progress, cancellation);
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        RewardFolder.Write(staged.Path, result, start.Tokenizer, new TrainingRecord("reward model", start.Name, options, new Dictionary<string, double>
        {
            ["pairs"] = training.Count,
            ["held_out_pairs"] = heldOut.Count,
        }));
        var accuracy = result.Curve[^1].Values.GetValueOrDefault(RewardTraining.HeldOutAccuracy, double.NaN);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, start, result, sources, training.Count, heldOut.Count, accuracy));
        staged.Commit();
        TrainingCheckpoint.Delete(checkpoints);
        return accuracy;
    }

    private static string Card(RewardOptions options, StageStart start, RewardResult result, string sources, int training, int heldOut, double accuracy) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-reward

            A reward model: one number for a conversation with an answer, higher when people would like the answer better. The body
            of {start.Name} and a linear head on the last token, trained on ranked pairs (Bradley–Terry). Rewards are scaled so that
            the training answers have mean 0 and deviation 1. The Classifier service serves it: the one label's logit is the reward.

            | | |
            |---|---|
            | Data | {training:N0} pairs, ranked {sources}; "rule" is the rating rule of the lab world (docs/lab-world.md), no person, with one pair in twenty turned round |
            | Cutoff | that of {start.Name} |
            | Objective | −log σ(reward of the better − reward of the worse), AdamW, peak rate {options.LearningRate}, {options.Steps} steps of {options.Pairs} pairs |
            | Training | {result.Elapsed.TotalMinutes:0.0} minutes on {options.Threads} threads, {result.TokensPerSecond:N0} tokens/s |

            | figure | value |
            |---|---|
            | Held-out pairs ranked as they were labelled ({heldOut:N0}, errors of the labels included) | {100 * accuracy:0.0} % |

            ![Curves](curves.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train reward --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It has learned a rule from examples and can be pleased by what is not good: `lab experiment run goodhart` shows how.

            """);
}
