using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Topics;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train</c>: makes the models that the services serve.</summary>
internal static class TrainCommand
{
    private static readonly Option<string?> Models = new("--models")
    {
        Description = "The folder of model folders to write to. Default: the nearest folder called models.",
        HelpName = "FOLDER",
    };

    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of data, weights and order.", DefaultValueFactory = static _ => 1 };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads; the same number gives the same bits.",
        DefaultValueFactory = static _ => Environment.ProcessorCount,
    };

    public static Command Create() => new("train", "Trains the lab's models from nothing.") { CreateBase(), CreateTopics() };

    private static Command CreateBase()
    {
        var smoke = new Option<bool>("--smoke") { Description = "A tiny model in under a minute, written to lab-base-smoke: to see the loss fall." };
        var fresh = new Option<bool>("--fresh") { Description = "Forgets an interrupted run instead of going on with it." };
        var steps = new Option<int?>("--steps") { Description = "Optimiser steps; default: as many as the committed model had." };
        var command = new Command("base", "Stage 1: pre-trains lab-base on the lab world.") { Models, Seed, Threads, smoke, fresh, steps };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            cancelled => Task.Run(
                () =>
                {
                    var small = arguments.GetValue(smoke);
                    var options = (small ? BaseTrainingOptions.Smoke : new BaseTrainingOptions()) with
                    {
                        Seed = arguments.GetValue(Seed),
                        Threads = arguments.GetValue(Threads),
                    };
                    options = options with { Steps = arguments.GetValue(steps) ?? options.Steps };
                    var folder = Path.Combine(ModelsFolder(arguments), small ? "lab-base-smoke" : "lab-base");
                    var checkpoints = Path.Combine(folder, ".training");
                    if (arguments.GetValue(fresh))
                    {
                        BaseTraining.Forget(checkpoints);
                    }

                    try
                    {
                        using var bar = new TrainingBar(Console.Out);
                        var (_, evaluation) = TrainBase.Run(options, folder, checkpoints, bar.Say, bar, cancelled);
                        bar.Say(string.Create(
                            CultureInfo.InvariantCulture,
                            $"held-out loss {evaluation.HeldOutLoss:0.000}; facts {evaluation.SeenAccuracy:P1} in seen wordings, {evaluation.HeldOutAccuracy:P1} in held-out ones; P(Paris) {evaluation.ParisProbability:0.000}"));
                        bar.Say($"written to {folder}");
                    }
                    catch (OperationCanceledException)
                    {
                        Console.Error.WriteLine("lab: interrupted; the same command goes on from here");
                        throw;
                    }
                    catch (InvalidOperationException error)
                    {
                        throw new CommandException(error.Message);
                    }
                },
                CancellationToken.None),
            cancellation));
        return command;
    }

    private static Command CreateTopics()
    {
        var command = new Command("topics", "Trains lab-topics, the topic of a sentence, with the vocabulary of lab-base.") { Models, Seed, Threads };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            cancelled => Task.Run(
                () =>
                {
                    var models = ModelsFolder(arguments);
                    var options = new TopicTrainingOptions { Seed = arguments.GetValue(Seed), Threads = arguments.GetValue(Threads) };
                    using var bar = new TrainingBar(Console.Out);
                    var evaluation = TrainTopics.Run(options, Path.Combine(models, "lab-base"), Path.Combine(models, "lab-topics"), bar, cancelled);
                    bar.Say(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{evaluation.HeldOutAccuracy:P2} of {evaluation.HeldOutSentences:N0} held-out sentences right, calibration error {evaluation.CalibrationError:0.0000}"));
                },
                CancellationToken.None),
            cancellation));
        return command;
    }

    private static string ModelsFolder(ParseResult arguments) =>
        arguments.GetValue(Models) is { } folder
            ? Directory.CreateDirectory(folder).FullName
            : ModelsRoot.Find(null, Environment.CurrentDirectory);
}
