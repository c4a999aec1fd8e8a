using System.CommandLine;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train</c>: makes the models that the services serve, stage by stage.</summary>
internal static class TrainCommand
{
    public static Command Create() => new("train", "Trains the lab's models from nothing.")
    {
        TrainAllCommand.Create(),
        TrainBaseCommand.Create(),
        TrainDraftCommand.Create(),
        TrainSftCommand.Create(),
        TrainRewardCommand.Create(),
        TrainRlhfCommand.Create(),
        TrainTopicsCommand.Create(),
        TrainGuardCommand.Create(),
        TrainSeeCommand.Create(),
        TrainDrawCommand.Create(),
        TrainHearCommand.Create(),
        TrainListenCommand.Create(),
        TrainSpeakCommand.Create(),
        TrainWatchCommand.Create(),
        TrainFilmCommand.Create(),
    };
}

/// <summary>The options that all training commands have, and what they do alike.</summary>
internal sealed class TrainOptions
{
    public TrainOptions()
    {
        Threads.Validators.Add(static result => AtLeastOne(result, result.GetValueOrDefault<int>()));
        Steps.Validators.Add(static result => AtLeastOne(result, result.GetValueOrDefault<int?>()));
    }

    public Option<string?> Models { get; } = new("--models")
    {
        Description = "The folder of model folders to write to. Default: the nearest folder called models.",
        HelpName = "FOLDER",
    };

    public Option<int> Seed { get; } = new("--seed") { Description = "Seed of data, weights and order.", DefaultValueFactory = static _ => 1 };

    public Option<int> Threads { get; } = new("--threads")
    {
        Description = "Threads; the same number gives the same bits.",
        DefaultValueFactory = static _ => Environment.ProcessorCount,
    };

    public Option<bool> Smoke { get; } = new("--smoke") { Description = "A tiny model in under a minute, written beside the real one under a name of its own." };

    public Option<bool> Fresh { get; } = new("--fresh") { Description = "Forgets an interrupted run instead of going on with it." };

    public Option<int?> Steps { get; } = new("--steps") { Description = "Optimiser steps; default: as many as the committed model had." };

    /// <summary>For generators of media, whose second stage can begin with the first one's outcome.</summary>
    public Option<string?> Pretrained { get; } = new("--pretrained")
    {
        Description = "A model folder that the same run wrote, to go on from where its practice ended. Default: pre-train.",
        HelpName = "FOLDER",
    };

    /// <summary>The folder of model folders; created where it was named.</summary>
    public string ModelsFolder(ParseResult arguments) =>
        arguments.GetValue(Models) is { } folder
            ? Directory.CreateDirectory(folder).FullName
            : ModelsRoot.Find(null, Environment.CurrentDirectory);

    /// <summary>The folder of a model: a path as it is, a bare name within the folder of model folders.</summary>
    public string ModelFolder(ParseResult arguments, string name) =>
        Path.GetFileName(name) == name && name is not ("" or "." or "..") ? Path.Combine(ModelsFolder(arguments), name) : Path.GetFullPath(name);

    /// <summary>The folder of a model that is to be trained. What killed runs left beside it is removed; where nothing can be written, that is said now.</summary>
    public string OutputFolder(ParseResult arguments, string name)
    {
        var folder = ModelFolder(arguments, name);
        StagedFolder.Prepare(folder);
        return folder;
    }

    /// <summary>Where a run keeps its state; forgotten on <c>--fresh</c>.</summary>
    public string Checkpoints(ParseResult arguments, string folder)
    {
        var checkpoints = Path.Combine(folder, ".training");
        if (arguments.GetValue(Fresh))
        {
            Training.Optimization.TrainingCheckpoint.Delete(checkpoints);
        }

        return checkpoints;
    }

    /// <summary>"-smoke" where the tiny models are meant.</summary>
    public string Suffix(ParseResult arguments) => arguments.GetValue(Smoke) ? "-smoke" : "";

    /// <summary>The model that a stage starts from.</summary>
    public Training.Verbs.StageStart Open(ParseResult arguments, string name, string command) => Training.Verbs.StageFolders.Open(
        ModelFolder(arguments, name), $"lab train {command}" + (arguments.GetValue(Smoke) ? " --smoke" : ""));

    /// <summary>Runs a training off the caller's thread and tells its errors as a command's.</summary>
    public static Task<int> RunAsync(Action<Printing.TrainingBar, CancellationToken> train, CancellationToken cancellation) => RunAsync(
        (bar, cancelled) =>
        {
            train(bar, cancelled);
            return Task.CompletedTask;
        },
        cancellation);

    /// <summary>The same for one that waits for other things too.</summary>
    public static Task<int> RunAsync(Func<Printing.TrainingBar, CancellationToken, Task> train, CancellationToken cancellation) =>
        CommandErrors.RunAsync(
            cancelled => Task.Run(
                async () =>
                {
                    using var bar = new Printing.TrainingBar(Console.Out);
                    try
                    {
                        await train(bar, cancelled);
                    }
                    catch (OperationCanceledException)
                    {
                        bar.Dispose();
                        Console.Error.WriteLine("lab: interrupted; the same command goes on from here");
                        throw;
                    }
                    catch (Exception error) when (error is InvalidOperationException or ArgumentException or Training.Chat.ConversationFileException)
                    {
                        bar.Dispose();
                        throw new CommandException(error.Message);
                    }
                },
                CancellationToken.None),
            cancellation);

    private static void AtLeastOne(System.CommandLine.Parsing.OptionResult result, int? value)
    {
        if (value is < 1)
        {
            result.AddError($"{result.Option.Name} must be 1 or more");
        }
    }
}
