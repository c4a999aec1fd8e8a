using System.CommandLine;
using GenAiLab.Cli.Soak;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab soak</c>: mixed traffic for an hour, and whether anything grows meanwhile.</summary>
internal static class SoakCommand
{
    // After the first sixth there are the three that a slope needs, and some more.
    private const int LeastSamples = 12;

    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "How long. In fewer than 60 a slope of 1 MB/h is hard to tell.", DefaultValueFactory = static _ => 60 };
        var seed = new Option<int>("--seed") { Description = "Which requests come in which order.", DefaultValueFactory = static _ => 1 };
        var clients = new Option<int>("--clients") { Description = "Clients, each with one request at a time, 1 to 32.", DefaultValueFactory = static _ => 8 };
        var sample = new Option<double>("--sample") { Description = "Seconds from one look at the processes to the next, 0.5 to 60.", DefaultValueFactory = static _ => 5 };
        var threads = new Option<int>("--threads") { Description = "Threads within an operator, of the decoder.", DefaultValueFactory = static _ => 1 };
        var json = new Option<bool>("--json") { Description = "Prints JSON and nothing else on standard output." };
        var models = new Option<string?>("--models") { Description = "The folder of model folders. Default: the nearest folder called models.", HelpName = "FOLDER" };
        var command = new Command("soak", "Requests of all kinds, on and on: memory, handles, threads, slots and latency at the end beside the beginning.")
        {
            minutes, seed, clients, sample, threads, json, models,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var missed = false;
            var code = await CommandErrors.RunAsync(
                async cancelled =>
                {
                    var (length, period) = (arguments.GetValue(minutes), arguments.GetValue(sample));
                    if (length is not (> 0 and <= 10_080) || arguments.GetValue(clients) is < 1 or > 32 || period is not (>= 0.5 and <= 60) || arguments.GetValue(threads) < 0)
                    {
                        throw new CommandException("--minutes is more than 0 and at most 10080, --clients 1 to 32, --sample 0.5 to 60, --threads at least 0");
                    }

                    if (length * 60 / period < LeastSamples)
                    {
                        throw new CommandException($"--minutes must be long enough for {LeastSamples} samples");
                    }

                    var settings = new SoakSettings
                    {
                        Seed = arguments.GetValue(seed),
                        Duration = TimeSpan.FromMinutes(length),
                        Clients = arguments.GetValue(clients),
                        SamplePeriod = TimeSpan.FromSeconds(period),
                    };
                    var root = ModelsRoot.Find(arguments.GetValue(models) ?? Environment.GetEnvironmentVariable("Models__Root"), Environment.CurrentDirectory);
                    missed = !await RunAsync(settings, root, arguments.GetValue(threads), arguments.GetValue(json), cancelled);
                },
                cancellation);
            return missed ? CommandErrors.Failure : code;
        });
        return command;
    }

    private static async Task<bool> RunAsync(SoakSettings settings, string root, int threads, bool asJson, CancellationToken cancellation)
    {
        await using var lab = await SoakLab.StartAsync(root, threads, cancellation);
        var figures = await new SoakRun(lab, settings, static sample => Console.Error.WriteLine(SoakReport.Line(sample))).RunAsync(cancellation);
        var criteria = SoakJudgement.Judge(figures);
        foreach (var line in asJson ? [SoakReport.Json(figures, criteria)] : SoakReport.Lines(figures, criteria))
        {
            Console.WriteLine(line);
        }

        return !criteria.Any(static criterion => criterion.IsMissed);
    }
}
