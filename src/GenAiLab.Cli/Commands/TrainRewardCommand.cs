using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Reward;
using GenAiLab.Training.Verbs;
using GenAiLab.Training.World;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train reward</c>: the reward model between stages 2 and 3.</summary>
internal static class TrainRewardCommand
{
    private const int RatedPairCount = 12_000;
    private const int SmokePairCount = 200;

    // Of a pair's tokens, what an answer may take.
    private const int AnswerTokens = 30;

    public static Command Create()
    {
        var shared = new TrainOptions();
        var preferences = Preferences();
        var command = new Command("reward", "Between stages 2 and 3: learns from ranked pairs which answers are preferred.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps, preferences,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync(
            (bar, cancelled) => TrainAsync(shared, arguments, arguments.GetValue(preferences), bar, cancelled), cancellation));
        return command;
    }

    /// <summary>The option to learn from people's rankings.</summary>
    public static Option<bool> Preferences() => new("--preferences")
    {
        Description = "Learns from the rankings that people gave (lab preferences). Default: the rating rule ranks answers that lab-sft gives.",
    };

    /// <summary>Trains and says what came of it.</summary>
    public static async Task TrainAsync(TrainOptions shared, ParseResult arguments, bool preferences, TrainingBar bar, CancellationToken cancellation)
    {
        var options = (arguments.GetValue(shared.Smoke) ? RewardOptions.Smoke : new RewardOptions()) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var start = shared.Open(arguments, "lab-sft" + shared.Suffix(arguments), "sft");
        var pairs = await PairsAsync(shared, arguments, start, options.Length, preferences, bar, cancellation);
        var folder = shared.OutputFolder(arguments, "lab-reward" + shared.Suffix(arguments));
        var accuracy = TrainReward.Run(options, start, pairs, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(CultureInfo.InvariantCulture, $"{accuracy:P1} of the held-out pairs ranked right; written to {folder}"));
    }

    /// <summary>Ranked pairs of people or of the rating rule.</summary>
    public static async Task<IReadOnlyList<PreferencePair>> PairsAsync(
        TrainOptions shared, ParseResult arguments, StageStart start, int length, bool preferences, TrainingBar bar, CancellationToken cancellation)
    {
        if (preferences)
        {
            await using var lab = await EmbeddedLab.StartAsync(EmbeddedServices.Preferences, null, cancellation);
            return await PreferencePairs.ReadAsync(lab, cancellation);
        }

        bar.Say($"drawing answers from {start.Name} and ranking them by the rating rule (no people)");
        var seed = arguments.GetValue(shared.Seed);
        return RatedPairs.Draw(
            start, new LabWorld(seed).Questions, arguments.GetValue(shared.Smoke) ? SmokePairCount : RatedPairCount, length - AnswerTokens, seed,
            arguments.GetValue(shared.Threads), cancellation);
    }
}
