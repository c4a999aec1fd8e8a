using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Sounds.Hearing;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train hear</c>: the classifier of spoken words.</summary>
internal static class TrainHearCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("hear", "Trains lab-hear, which word is spoken. Needs espeak-ng.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = (arguments.GetValue(shared.Smoke) ? HearingOptions.Smoke : new HearingOptions()) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var folder = shared.OutputFolder(arguments, "lab-hear" + shared.Suffix(arguments));
        var evaluation = TrainHear.Run(options, folder, bar.Say, bar, cancellation);
        bar.Say(string.Create(CultureInfo.InvariantCulture, $"{evaluation.Accuracy:P2} of {evaluation.Words:N0} words of held-out voices right; written to {folder}"));
    }
}
