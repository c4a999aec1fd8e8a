using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train speak</c>: the model that speaks.</summary>
internal static class TrainSpeakCommand
{
    // Chosen of two by opposites-sounds (docs/opposites.md): lower, and all say a word alike; higher, and words are lost.
    private const float Temperature = 0.8f;

    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("speak", "Trains lab-speak, speech as sequences of codes after its words, and lets it practise against a critic. Needs espeak-ng.")
        {
            shared.Pretrained, shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var suffix = shared.Suffix(arguments);
        var options = (arguments.GetValue(shared.Smoke) ? SpeakerOptions.Smoke : SpeakerOptions.Speak).With(
            arguments.GetValue(shared.Seed), arguments.GetValue(shared.Threads), arguments.GetValue(shared.Steps));
        var folder = shared.OutputFolder(arguments, "lab-speak" + suffix);
        var evaluation = TrainSpeak.Run(
            options, arguments.GetValue(shared.Pretrained), Temperature, folder, shared.ModelFolder(arguments, "lab-listen" + suffix), shared.ModelFolder(arguments, "lab-hear" + suffix),
            shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"lab-listen hears {evaluation.WordErrorRate:P1} word errors in {evaluation.Phrases} phrases, lab-hear {evaluation.WordAgreement:P1} of {evaluation.Words} words; written to {folder}"));
    }
}
