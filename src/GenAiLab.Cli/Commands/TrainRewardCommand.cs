using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Reward;
using GenAiLab.Training.Verbs;
using GenAiLab.Training.World;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train reward</c>: the reward model between stages 2 and 3.</summary>
internal static class TrainRewardCommand
{
    private const int RatedPairCount = 8_000;

    public static Command Create()
    {
        var shared = new TrainOptions();
        var preferences = new Option<bool>("--preferences") { Description = "Learns from the rankings that people gave (lab preferences). Default: the rating rule ranks answers that lab-sft gives." };
        var command = new Command("reward", "Between stages 2 and 3: learns from ranked pairs which answers are preferred.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Fresh, shared.Steps, preferences,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync(
            (bar, cancelled) =>
            {
                var options = new RewardOptions { Seed = arguments.GetValue(shared.Seed), Threads = arguments.GetValue(shared.Threads) };
                options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
                var start = StageFolders.Open(shared.ModelFolder(arguments, "lab-sft"), "lab train sft");
                IReadOnlyList<PreferencePair> pairs;
                if (arguments.GetValue(preferences))
                {
                    pairs = ReadAsync(cancelled).GetAwaiter().GetResult();
                }
                else
                {
                    bar.Say($"drawing answers from {start.Name} and ranking them by the rating rule (no people)");
                    pairs = RatedPairs.Draw(start, new LabWorld(options.Seed).Questions, RatedPairCount, options.Length - 30, options.Seed, options.Threads);
                }

                var folder = shared.ModelFolder(arguments, "lab-reward");
                var accuracy = TrainReward.Run(options, start, pairs, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, cancelled);
                bar.Say(string.Create(CultureInfo.InvariantCulture, $"{accuracy:P1} of the held-out pairs ranked right; written to {folder}"));
            },
            cancellation));
        return command;
    }

    private static async Task<IReadOnlyList<PreferencePair>> ReadAsync(CancellationToken cancellation)
    {
        await using var lab = await EmbeddedLab.StartAsync(EmbeddedServices.Preferences, null, cancellation);
        return await PreferencePairs.ReadAsync(lab, cancellation);
    }
}
