using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train watch</c>: the classifier of films.</summary>
internal static class TrainWatchCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("watch", "Trains lab-watch, what a film of the lab world shows.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = (arguments.GetValue(shared.Smoke) ? SeeingOptions.Smoke : SeeingOptions.Watch) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var folder = shared.OutputFolder(arguments, "lab-watch" + shared.Suffix(arguments));
        var evaluation = TrainWatch.Run(options, folder, bar, cancellation);
        bar.Say(string.Create(CultureInfo.InvariantCulture, $"{evaluation.Accuracy:P2} of {evaluation.Clips:N0} held-out clips right; written to {folder}"));
    }
}
