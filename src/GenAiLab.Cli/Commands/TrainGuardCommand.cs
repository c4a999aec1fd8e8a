using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Verbs;
using GenAiLab.Training.World;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train guard</c>: the classifier that tells harmful texts from harmless ones.</summary>
internal static class TrainGuardCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("guard", "Trains lab-guard, whether a text asks for harm or helps with it, with the vocabulary of lab-base.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = (arguments.GetValue(shared.Smoke) ? TrainGuard.Smoke : TrainGuard.Options) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        var start = shared.Open(arguments, "lab-base" + shared.Suffix(arguments), "base");
        var folder = shared.OutputFolder(arguments, "lab-guard" + shared.Suffix(arguments));
        var evaluation = TrainGuard.Run(options, shared.ModelFolder(arguments, start.Name), folder, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation.Right[GuardTextKind.HarmfulRequest].Share:P1} of the harmful requests and {evaluation.Right[GuardTextKind.HarmfulAnswer].Share:P1} of the harmful answers found, {evaluation.FalseRefusals:P1} of the harmless requests that speak of harm refused; written to {folder}"));
    }
}
