using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Sft;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train sft</c>: stage 2, supervised fine-tuning.</summary>
internal static class TrainSftCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var data = new Option<string?>("--data")
        {
            Description = "Your own conversations instead of the lab world's: JSON lines of {\"messages\":[{\"role\",\"content\"}, ...]}.",
            HelpName = "FILE",
        };
        var start = new Option<string?>("--base") { Description = "The model to start from. Default: lab-base.", HelpName = "FOLDER" };
        var output = new Option<string?>("--out") { Description = "Name of the model to write. Default: lab-sft.", HelpName = "NAME" };
        var command = new Command("sft", "Stage 2: fine-tunes lab-base on conversations, so that it answers.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps, data, start, output,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync(
            (bar, cancelled) => Train(
                shared, arguments, arguments.GetValue(data), arguments.GetValue(start), arguments.GetValue(output), bar, cancelled),
            cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(
        TrainOptions shared, ParseResult arguments, string? data, string? start, string? output, TrainingBar bar, CancellationToken cancellation)
    {
        var small = arguments.GetValue(shared.Smoke);
        var options = (small ? SftOptions.Smoke : new SftOptions()) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var from = shared.Open(arguments, start ?? "lab-base" + shared.Suffix(arguments), "base");
        var source = data is null
            ? StageData.LabConversations(options.Seed)
            : StageData.FileConversations(data, from.Format, options.Length, options.Seed);
        var folder = shared.OutputFolder(arguments, output ?? "lab-sft" + shared.Suffix(arguments));
        var result = TrainSft.Run(
            options, from, source, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, evaluate: !small && data is null, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"held-out answers: {HeldOut(result.Curve[0]):0.000} → {HeldOut(result.Curve[^1]):0.000} nats per token; {result.TokensPerSecond:N0} tokens/s"));
        bar.Say($"written to {folder}");

        static double HeldOut(CurvePoint point) => point.Values.GetValueOrDefault(TrainingFigures.HeldOutLoss, double.NaN);
    }
}
