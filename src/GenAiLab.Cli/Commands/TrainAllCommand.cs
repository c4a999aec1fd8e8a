using System.CommandLine;
using System.Text.Json;
using GenAiLab.Cli.Printing;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary>
/// <c>lab train all</c>: every stage in order. After an interruption the same command goes on: finished stages are
/// remembered until all are, and the stage that was under way has its checkpoint.
/// </summary>
internal static class TrainAllCommand
{
    private const string MemoryFile = ".train-all.json";

    public static Command Create()
    {
        var shared = new TrainOptions();
        shared.Fresh.Description = "Begins with the first stage, whatever an interrupted run has finished.";
        var command = new Command("all", "All models in order: base, draft, topics, guard, sft, reward, rlhf. About an hour on two cores; with --smoke a minute or two.")
        {
            shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync(
            (bar, cancelled) => TrainAsync(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    private static async Task TrainAsync(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var path = Path.Combine(shared.ModelsFolder(arguments), MemoryFile);
        var run = new Memory(arguments.GetValue(shared.Seed), arguments.GetValue(shared.Threads), arguments.GetValue(shared.Smoke), []);
        AtomicFile.RemoveUnfinished(path);
        var finished = arguments.GetValue(shared.Fresh) ? [] : Finished(path, run);
        (string Name, Func<Task> Train)[] stages =
        [
            ("base", () => Plain(TrainBaseCommand.Train)),
            ("draft", () => Plain(TrainDraftCommand.Train)),

            // Its own model, which has no tiny form.
            .. run.Smoke ? Array.Empty<(string, Func<Task>)>() : [("topics", () => Plain(TrainTopicsCommand.Train))],
            ("guard", () => Plain(TrainGuardCommand.Train)),
            ("sft", () => Plain((options, parsed, progress, cancelled) => TrainSftCommand.Train(options, parsed, null, null, null, progress, cancelled))),
            ("reward", () => TrainRewardCommand.TrainAsync(shared, arguments, preferences: false, bar, cancellation)),
            ("rlhf", () => TrainRlhfCommand.TrainAsync(shared, arguments, new RlhfArguments(TrainRlhfCommand.Grpo, null, false, null), bar, cancellation)),
        ];
        foreach (var (name, train) in stages)
        {
            if (finished.Contains(name))
            {
                bar.Say($"{name}: done before");
                continue;
            }

            bar.Say($"── {name}");
            await train();
            finished = [.. finished, name];
            AtomicFile.WriteText(path, JsonSerializer.Serialize(run with { Finished = finished }));
        }

        File.Delete(path);

        Task Plain(Action<TrainOptions, ParseResult, TrainingBar, CancellationToken> train)
        {
            train(shared, arguments, bar, cancellation);
            return Task.CompletedTask;
        }
    }

    // A damaged memory, or one of a run with other options, is none.
    private static string[] Finished(string path, Memory run)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<Memory>(File.ReadAllBytes(path)) is { Finished: { } finished } memory && (memory with { Finished = run.Finished }).Equals(run)
                ? finished
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private sealed record Memory(int Seed, int Threads, bool Smoke, string[] Finished);
}
