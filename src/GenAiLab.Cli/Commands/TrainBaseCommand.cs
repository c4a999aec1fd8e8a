using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Base;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train base</c>: stage 1, pre-training.</summary>
internal static class TrainBaseCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("base", "Stage 1: pre-trains lab-base on the lab world.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = (arguments.GetValue(shared.Smoke) ? BaseTrainingOptions.Smoke : new BaseTrainingOptions()) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var folder = shared.OutputFolder(arguments, "lab-base" + shared.Suffix(arguments));
        var (_, evaluation) = TrainBase.Run(options, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"held-out loss {evaluation.HeldOutLoss:0.000}; facts {evaluation.SeenAccuracy:P1} in seen wordings, {evaluation.HeldOutAccuracy:P1} in held-out ones; P(Paris) {evaluation.ParisProbability:0.000}"));
        bar.Say($"written to {folder}");
    }
}
