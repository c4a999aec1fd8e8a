using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train see</c>: the classifier of drawings.</summary>
internal static class TrainSeeCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("see", "Trains lab-see, what a drawing of the lab world shows.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = (arguments.GetValue(shared.Smoke) ? SeeingOptions.Smoke : new SeeingOptions()) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var folder = shared.OutputFolder(arguments, "lab-see" + shared.Suffix(arguments));
        var evaluation = TrainSee.Run(options, folder, bar, cancellation);
        bar.Say(string.Create(CultureInfo.InvariantCulture, $"{evaluation.Accuracy:P2} of {evaluation.Drawings:N0} held-out drawings right; written to {folder}"));
    }
}
