using System.CommandLine;
using System.Globalization;
using GenAiLab.Training.Topics;
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
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            cancelled => Task.Run(
                () =>
                {
                    var options = new TopicTrainingOptions { Seed = arguments.GetValue(shared.Seed), Threads = arguments.GetValue(shared.Threads) };
                    using var bar = new Printing.TrainingBar(Console.Out);
                    var evaluation = TrainTopics.Run(
                        options, shared.ModelFolder(arguments, "lab-base"), shared.ModelFolder(arguments, "lab-topics"), bar, cancelled);
                    bar.Say(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{evaluation.HeldOutAccuracy:P2} of {evaluation.HeldOutSentences:N0} held-out sentences right, calibration error {evaluation.CalibrationError:0.0000}"));
                },
                CancellationToken.None),
            cancellation));
        return command;
    }
}
