using System.CommandLine;
using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train rlhf</c>: stage 3, policy optimisation against the reward model.</summary>
internal static class TrainRlhfCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var kl = new Option<float?>("--kl") { Description = "Weight of the divergence from lab-sft, the leash. 0: none." };
        var command = new Command("rlhf", "Stage 3: optimises lab-sft against lab-reward, on a leash to lab-sft.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Fresh, shared.Steps, kl,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync(
            (bar, cancelled) =>
            {
                var options = new RlhfOptions { Seed = arguments.GetValue(shared.Seed), Threads = arguments.GetValue(shared.Threads) };
                options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps, KlWeight = arguments.GetValue(kl) ?? options.KlWeight };
                var start = StageFolders.Open(shared.ModelFolder(arguments, "lab-sft"), "lab train sft");
                var reward = shared.ModelFolder(arguments, "lab-reward");
                if (!File.Exists(Path.Combine(reward, "model.onnx")))
                {
                    throw new CommandException("this stage needs lab-reward, which is not there: run 'lab train reward' first");
                }

                var folder = shared.ModelFolder(arguments, "lab-chat");
                var figures = TrainRlhf.Run(options, start, reward, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, cancelled);
                bar.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"right {figures.Right:P1}, advice {figures.Useful:P1}, refuses harm {figures.Refused:P1}, admits what it does not know {figures.Unknown:P1}, declines real requests {figures.OverRefused:P1}; written to {folder}"));
            },
            cancellation));
        return command;
    }
}
