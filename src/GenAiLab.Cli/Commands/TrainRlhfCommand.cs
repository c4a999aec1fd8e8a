using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary>What the options of <c>lab train rlhf</c> say beside the shared ones.</summary>
/// <param name="Method">grpo or dpo.</param>
/// <param name="KlWeight">Weight of the leash; null: the default.</param>
/// <param name="Preferences">Whether DPO learns from people's rankings.</param>
/// <param name="Output">Name of the model to write; null: the default.</param>
internal sealed record RlhfArguments(string Method, float? KlWeight, bool Preferences, string? Output);

/// <summary><c>lab train rlhf</c>: stage 3, optimisation for what people prefer.</summary>
internal static class TrainRlhfCommand
{
    /// <summary>Draws answers and follows the reward model.</summary>
    public const string Grpo = "grpo";

    /// <summary>Learns from ranked pairs directly.</summary>
    public const string Dpo = "dpo";

    public static Command Create()
    {
        var shared = new TrainOptions();
        var method = new Option<string>("--method")
        {
            Description = "grpo: draws answers and follows lab-reward. dpo: learns from ranked pairs directly.",
            DefaultValueFactory = static _ => Grpo,
        };
        method.AcceptOnlyFromAmong(Grpo, Dpo);
        var kl = new Option<float?>("--kl") { Description = "With grpo: weight of the divergence from lab-sft, the leash. 0: none." };
        kl.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<float?>() is { } weight && !(weight >= 0 && float.IsFinite(weight)))
            {
                result.AddError("--kl must be 0 or more");
            }
        });
        var preferences = TrainRewardCommand.Preferences();
        preferences.Description = "With dpo: " + preferences.Description;
        var output = new Option<string?>("--out") { Description = "Name of the model to write. Default: lab-chat, with dpo lab-chat-dpo.", HelpName = "NAME" };
        var command = new Command("rlhf", "Stage 3: optimises lab-sft for what people prefer, on a leash to lab-sft.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps, method, kl, preferences, output,
        };
        command.Validators.Add(result =>
        {
            var unused = result.GetValue(method) == Dpo ? (result.GetResult(kl), "--kl", Grpo) : (result.GetResult(preferences), "--preferences", Dpo);
            if (unused.Item1 is { Implicit: false })
            {
                result.AddError($"{unused.Item2} belongs to --method {unused.Item3}");
            }
        });
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync(
            (bar, cancelled) => TrainAsync(
                shared, arguments,
                new RlhfArguments(arguments.GetValue(method)!, arguments.GetValue(kl), arguments.GetValue(preferences), arguments.GetValue(output)),
                bar, cancelled),
            cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static async Task TrainAsync(TrainOptions shared, ParseResult arguments, RlhfArguments own, TrainingBar bar, CancellationToken cancellation)
    {
        var suffix = shared.Suffix(arguments);
        var start = shared.Open(arguments, "lab-sft" + suffix, "sft");
        var folder = shared.OutputFolder(arguments, own.Output ?? (own.Method == Dpo ? "lab-chat-dpo" : "lab-chat") + suffix);
        var figures = own.Method == Dpo
            ? await OptimiseDirectlyAsync(shared, arguments, own, start, folder, bar, cancellation)
            : OptimisePolicy(shared, arguments, own, start, folder, bar, cancellation);
        var told = figures is null
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"right {figures.Right:P1}, advice {figures.Useful:P1}, refuses harm {figures.Refused:P1}, admits what it does not know {figures.Unknown:P1}, declines real requests {figures.OverRefused:P1}; ");
        bar.Say($"{told}written to {folder}");
    }

    private static AnswerFigures? OptimisePolicy(
        TrainOptions shared, ParseResult arguments, RlhfArguments own, StageStart start, string folder, TrainingBar bar, CancellationToken cancellation)
    {
        var small = arguments.GetValue(shared.Smoke);
        var options = (small ? RlhfOptions.Smoke : new RlhfOptions()) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps, KlWeight = own.KlWeight ?? options.KlWeight };
        var reward = shared.ModelFolder(arguments, "lab-reward" + shared.Suffix(arguments));
        if (!File.Exists(Path.Combine(reward, "model.onnx")))
        {
            throw new CommandException($"this stage needs lab-reward{shared.Suffix(arguments)}, which is not there: run 'lab train reward{(small ? " --smoke" : "")}' first");
        }

        return TrainRlhf.Run(options, start, reward, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, evaluate: !small, cancellation);
    }

    private static async Task<AnswerFigures?> OptimiseDirectlyAsync(
        TrainOptions shared, ParseResult arguments, RlhfArguments own, StageStart start, string folder, TrainingBar bar, CancellationToken cancellation)
    {
        var small = arguments.GetValue(shared.Smoke);
        var options = (small ? DpoOptions.Smoke : new DpoOptions()) with
        {
            Seed = arguments.GetValue(shared.Seed),
            Threads = arguments.GetValue(shared.Threads),
        };
        options = options with { Steps = arguments.GetValue(shared.Steps) ?? options.Steps };
        var pairs = await TrainRewardCommand.PairsAsync(shared, arguments, start, options.Length, own.Preferences, bar, cancellation);
        return TrainDpo.Run(options, start, pairs, folder, shared.Checkpoints(arguments, folder), bar.Say, bar, evaluate: !small, cancellation);
    }
}
