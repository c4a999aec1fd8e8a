using System.CommandLine;
using System.Globalization;
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
            (bar, cancelled) =>
            {
                var small = arguments.GetValue(shared.Smoke);
                var options = (small ? SftOptions.Smoke : new SftOptions()) with
                {
                    Seed = arguments.GetValue(shared.Seed),
                    Threads = arguments.GetValue(shared.Threads),
                };
                options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
                var suffix = small ? "-smoke" : "";
                var from = StageFolders.Open(
                    shared.ModelFolder(arguments, arguments.GetValue(start) ?? "lab-base" + suffix), "lab train base" + (small ? " --smoke" : ""));
                var source = arguments.GetValue(data) is { } file
                    ? StageData.FileConversations(file, from.Format, options.Length, options.Seed)
                    : StageData.LabConversations(options.Seed);
                var folder = shared.ModelFolder(arguments, arguments.GetValue(output) ?? "lab-sft" + suffix);
                var result = TrainSft.Run(options, from, source, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, evaluate: !small && arguments.GetValue(data) is null, cancelled);
                bar.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"held-out answers: {result.Curve[0].Values.GetValueOrDefault(TrainingFigures.HeldOutLoss, double.NaN):0.000} → {result.Curve[^1].Values.GetValueOrDefault(TrainingFigures.HeldOutLoss, double.NaN):0.000} nats per token; {result.TokensPerSecond:N0} tokens/s"));
                bar.Say($"written to {folder}");
            },
            cancellation));
        return command;
    }
}
