using System.CommandLine;
using GenAiLab.Benchmarks.Curves;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench curves</c>: how cost grows.</summary>
internal static class BenchCurvesCommand
{
    private const string Context = "context";
    private const string Batch = "batch";
    private const string Vocabulary = "vocabulary";
    private const string Load = "load";
    private const string Idle = "idle";
    private const int BatchDepth = 128;
    private static readonly string[] All = [Context, Batch, Vocabulary, Load, Idle];

    public static Command Create()
    {
        var (shape, _, _, threads, rounds, work) = BenchCommand.Common("135m", "fp32");
        var formats = BenchCommand.Formats("fp32", "int8");
        var context = new Option<int>("--context") { Description = "The longest context, in tokens.", DefaultValueFactory = static _ => 8192 };
        var curves = new Option<string[]>("--curve") { Description = $"Which: {string.Join(", ", All)}.", DefaultValueFactory = static _ => All, AllowMultipleArgumentsPerToken = true };
        var sizes = new Option<int[]>("--vocabularies") { Description = "Sizes, for the 15m layers.", DefaultValueFactory = static _ => [2_048, 8_192, 32_000, 65_536, 131_072], AllowMultipleArgumentsPerToken = true };
        var connections = new Option<int[]>("--connections") { Description = "Idle connections to the decoder.", DefaultValueFactory = static _ => [0, 100, 1_000, 5_000, 10_000], AllowMultipleArgumentsPerToken = true };
        var output = new Option<string>("--out") { Description = "A folder for a JSON file and a picture of each curve.", DefaultValueFactory = static _ => "curves" };
        var command = new Command("curves", "Step time by context, batch and vocabulary; load time and memory; idle connections.")
        {
            curves, shape, formats, threads, rounds, work, context, sizes, connections, output,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var name = arguments.GetRequiredValue(shape);
                var weights = arguments.GetRequiredValue(formats).Select(BenchCommand.Format).ToList();
                var steps = new StepCurves(arguments.GetValue(threads), arguments.GetValue(rounds), arguments.GetRequiredValue(work));
                var longest = arguments.GetValue(context);
                if (steps.Rounds < 1 || longest < 256)
                {
                    throw new CommandException("--rounds is at least 1 and --context at least 256");
                }

                var machine = Machine.Describe(steps.Threads);
                Console.WriteLine(machine);
                foreach (var curve in arguments.GetRequiredValue(curves))
                {
                    IReadOnlyList<Curve> taken = curve switch
                    {
                        Context => [steps.Context(BenchCommand.Shape(name, longest), weights, cancelled)],
                        Batch => [steps.Batch(BenchCommand.Shape(name, 2 * BatchDepth), weights, BatchDepth, cancelled)],
                        Vocabulary => [steps.Vocabulary(BenchCommand.Shape("15m", 256), weights, arguments.GetRequiredValue(sizes), cancelled)],
                        Load => await LoadCurves.RunAsync(weights, steps.Threads, steps.Rounds, steps.Work, cancelled),
                        Idle => await IdleConnections.RunAsync(
                            BenchCommand.Shape("15m", 512), steps.Work, steps.Threads, arguments.GetRequiredValue(connections), steps.Rounds, cancelled),
                        _ => throw new CommandException($"there is no curve '{curve}'; there are {string.Join(", ", All)}"),
                    };
                    foreach (var measured in taken)
                    {
                        CurveReport.Write(arguments.GetRequiredValue(output), machine, measured);
                        foreach (var line in measured.Lines())
                        {
                            Console.WriteLine(line);
                        }
                    }
                }
            },
            cancellation));
        return command;
    }

    /// <summary>What <c>lab bench curves</c> runs in a fresh process for each model that it loads.</summary>
    public static Command CreateLoad()
    {
        var folder = new Argument<string>("folder");
        var format = new Option<string>("--format") { DefaultValueFactory = static _ => "fp32" };
        var threads = new Option<int>("--threads") { DefaultValueFactory = static _ => Environment.ProcessorCount };
        var command = new Command(LoadCurves.Verb, "Loads a model and says how long it took and how much memory.") { folder, format, threads };
        command.Hidden = true;
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            _ =>
            {
                Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(
                    LoadFigures.Take(arguments.GetRequiredValue(folder), BenchCommand.Format(arguments.GetRequiredValue(format)).Name(), arguments.GetValue(threads))));
                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }
}
