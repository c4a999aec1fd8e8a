using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train listen</c>: the model that listens.</summary>
internal static class TrainListenCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("listen", "Trains lab-listen, the words of speech as sequences of codes. Needs espeak-ng.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = Options(shared, arguments, SpeechOptions.Listen);
        var folder = shared.OutputFolder(arguments, "lab-listen" + shared.Suffix(arguments));
        var evaluation = TrainListen.Run(options, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation.WordErrorRate:P1} word errors in {evaluation.Utterances:N0} utterances of held-out voices, {evaluation.RightPhrases:P1} without one; written to {folder}"));
    }

    /// <summary>The options of a model that listens or speaks.</summary>
    public static SpeechOptions Options(TrainOptions shared, ParseResult arguments, SpeechOptions full)
    {
        var options = arguments.GetValue(shared.Smoke) ? SpeechOptions.Smoke : full;
        return options with
        {
            Steps = options.Steps with
            {
                Seed = arguments.GetValue(shared.Seed),
                Threads = arguments.GetValue(shared.Threads),
                Steps = arguments.GetValue(shared.Steps) ?? options.Steps.Steps,
            },
        };
    }
}
