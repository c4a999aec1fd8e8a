using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Classification;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train topics</c>: the topic classifier.</summary>
internal static class TrainTopicsCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("topics", "Trains lab-topics, the topic of a sentence, with the vocabulary of lab-base.")
        {
            shared.Models, shared.Seed, shared.Threads,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = new TextClassifierOptions { Seed = arguments.GetValue(shared.Seed), Threads = arguments.GetValue(shared.Threads) };
        var evaluation = TrainTopics.Run(
            options, shared.ModelFolder(arguments, "lab-base"), shared.OutputFolder(arguments, "lab-topics"), bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation.HeldOutAccuracy:P2} of {evaluation.HeldOutSentences:N0} held-out sentences right, calibration error {evaluation.CalibrationError:0.0000}"));
    }
}
