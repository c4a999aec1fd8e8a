using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Base;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train draw</c>: the model that draws.</summary>
internal static class TrainDrawCommand
{
    private const int Codes = 1_024;
    private const int SmokeCodes = 64;

    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("draw", "Pre-trains lab-draw on drawings of the lab world as sequences of codes.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var smoke = arguments.GetValue(shared.Smoke);
        var options = (smoke ? BaseTrainingOptions.DrawSmoke : BaseTrainingOptions.Draw) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var folder = shared.ModelFolder(arguments, "lab-draw" + shared.Suffix(arguments));
        var evaluation = TrainDraw.Run(
            options, smoke ? SmokeCodes : Codes, folder, shared.ModelFolder(arguments, "lab-see" + shared.Suffix(arguments)),
            shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation.BitsPerToken:0.000} bits per token held out; of {evaluation.Drawn} drawings {evaluation.KindAgreement:P1} show the kind, {evaluation.ColourAgreement:P1} the colour; written to {folder}"));
    }
}
