using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Base;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train draft</c>: the model that guesses for lab-base.</summary>
internal static class TrainDraftCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("draft", "Pre-trains lab-draft, a quarter of lab-base with its vocabulary, for speculative decoding.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var options = (arguments.GetValue(shared.Smoke) ? BaseTrainingOptions.DraftSmoke : BaseTrainingOptions.Draft) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var target = "lab-base" + shared.Suffix(arguments);
        var start = shared.Open(arguments, target, "base");
        var folder = shared.OutputFolder(arguments, "lab-draft" + shared.Suffix(arguments));
        var (result, agreement) = TrainDraft.Run(
            options, start, shared.ModelFolder(arguments, target), folder, shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"held-out loss {result.Curve[^1].HeldOutLoss:0.000}; agrees with {start.Name} at {agreement.Greedy:P1} of {agreement.Places:N0} places; written to {folder}"));
    }
}
