using System.CommandLine;
using GenAiLab.Cli.Experiments;
using GenAiLab.Experiments;
using GenAiLab.Experiments.Running;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab experiment</c>: the lesson's claims, each as a measurement that passes or fails.</summary>
internal static class ExperimentCommand
{
    private const string Everything = "all";

    public static Command Create() => new("experiment", "Checks the lesson's claims against a running lab.") { CreateList(), CreateRun() };

    private static Command CreateList()
    {
        var command = new Command("list", "Lists the experiments.");
        command.SetAction(static _ =>
        {
            var width = ExperimentCatalog.All.Max(static experiment => experiment.Name.Length);
            foreach (var experiment in ExperimentCatalog.All)
            {
                Console.WriteLine($"{experiment.Name.PadRight(width)}  {experiment.LessonSays}");
            }
        });
        return command;
    }

    private static Command CreateRun()
    {
        var name = new Argument<string>("name") { Description = $"An experiment's name, a group's such as opposites, or {Everything}." };
        var json = new Option<bool>("--json") { Description = "Prints JSON and nothing else on standard output." };
        var seed = new Option<int>("--seed") { Description = "Seed of what the experiments draw.", DefaultValueFactory = static _ => 1 };
        var quick = new Option<bool>("--quick") { Description = "The smallest sizes that can still tell a working lab from a broken one." };
        var threads = new Option<int>("--threads") { Description = "Threads of a training.", DefaultValueFactory = static _ => Environment.ProcessorCount };
        threads.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1024)
            {
                result.AddError("--threads takes a number from 1 to 1024.");
            }
        });
        var figures = new Option<DirectoryInfo?>("--figures") { Description = "Where to leave the pictures that belong to the figures. Default: nowhere.", HelpName = "FOLDER" };
        var place = new ExperimentLabOptions();
        var command = new Command("run", "Runs one experiment or all; fails when one fails.") { name, json, seed, quick, threads, figures };
        place.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var wanted = Wanted(arguments.GetRequiredValue(name));
                await using var lab = await place.ConnectAsync(arguments, cancelled);
                var runner = new ExperimentRunner(lab, arguments.GetValue(seed), arguments.GetValue(quick))
                {
                    Threads = arguments.GetValue(threads),
                    ModelsRoot = place.ModelsFolder(arguments),
                    FiguresFolder = arguments.GetValue(figures)?.FullName,
                    Progress = new ErrorLines(),
                };
                var reports = await RunAsync(runner, wanted, arguments.GetValue(json) ? null : Console.Out, cancelled);
                if (arguments.GetValue(json))
                {
                    Console.WriteLine(ReportJson.Write(reports, arguments.GetValue(seed), arguments.GetValue(quick)));
                }

                var failed = reports.Where(static report => !report.Passed).Select(static report => report.Name).ToList();
                if (failed.Count > 0)
                {
                    throw new CommandException($"{failed.Count} of {reports.Count} failed: {string.Join(", ", failed)}");
                }
            },
            cancellation));
        return command;
    }

    private static IReadOnlyList<IExperiment> Wanted(string name)
    {
        try
        {
            return name == Everything ? ExperimentCatalog.All : ExperimentCatalog.FindAll(name);
        }
        catch (ExperimentException error)
        {
            throw new CommandException(error.Message);
        }
    }

    private static async Task<List<ExperimentReport>> RunAsync(
        ExperimentRunner runner, IReadOnlyList<IExperiment> wanted, TextWriter? output, CancellationToken cancellation)
    {
        var reports = new List<ExperimentReport>();
        foreach (var experiment in wanted)
        {
            await Console.Error.WriteLineAsync($"{experiment.Name} ...");
            var report = await runner.RunAsync(experiment, cancellation);
            reports.Add(report);
            foreach (var line in output is null ? [] : ReportText.Lines(report))
            {
                await output!.WriteLineAsync(line);
            }

            output?.WriteLine();
        }

        return reports;
    }

    // Not Progress<T>: its lines would come late and out of order.
    private sealed class ErrorLines : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine($"  {value}");
    }
}
