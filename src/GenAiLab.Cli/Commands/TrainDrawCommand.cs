using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Practice;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train draw</c>: the model that draws.</summary>
internal static class TrainDrawCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("draw", "Pre-trains lab-draw on drawings of the lab world as sequences of codes, and lets it practise against a critic.")
        {
            shared.Pretrained, shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var smoke = arguments.GetValue(shared.Smoke);
        var options = (smoke ? GeneratorOptions.DrawSmoke : GeneratorOptions.Draw).With(
            arguments.GetValue(shared.Seed), arguments.GetValue(shared.Threads), arguments.GetValue(shared.Steps));
        var folder = shared.OutputFolder(arguments, "lab-draw" + shared.Suffix(arguments));
        var evaluation = TrainDraw.Run(
            options, arguments.GetValue(shared.Pretrained), folder, shared.ModelFolder(arguments, "lab-see" + shared.Suffix(arguments)),
            shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"of {evaluation.Drawn} drawings {evaluation.KindAgreement:P1} show the kind, {evaluation.ColourAgreement:P1} the colour; written to {folder}"));
    }
}
