using System.CommandLine;
using GenAiLab.Cli.Chaos;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab chaos</c>: services are killed, frozen and cut off under streams, and every token is compared.</summary>
internal static class ChaosCommand
{
    public static Command Create()
    {
        var seed = new Option<int>("--seed") { Description = "Which faults, in which order and when, and what is generated.", DefaultValueFactory = static _ => 1 };
        var minutes = new Option<double>("--minutes") { Description = "No fault begins later than this.", DefaultValueFactory = static _ => 5 };
        var faults = new Option<int>("--faults") { Description = "The most faults. 0: as many as there is time for." };
        var only = new Option<FaultKind[]>("--only") { Description = "Which kinds of faults. Default: all.", DefaultValueFactory = static _ => [], AllowMultipleArgumentsPerToken = true };
        var replicas = new Option<int>("--replicas") { Description = "Of each service, 1 or 2. With 1, clients see UNAVAILABLE and go on with their resume token.", DefaultValueFactory = static _ => 2 };
        var streams = new Option<int>("--streams") { Description = "Concurrent streams, 1 to 32.", DefaultValueFactory = static _ => 16 };
        var hold = new Option<double>("--hold") { Description = "Seconds that a service stays frozen, and a connection slow or parted.", DefaultValueFactory = static _ => 5 };
        var pause = new Option<double>("--pause-limit") { Description = "Seconds that a client may wait for a token, at most.", DefaultValueFactory = static _ => 10 };
        var ready = new Option<double>("--ready-limit") { Description = "Seconds until a killed service serves again, at most.", DefaultValueFactory = static _ => 5 };
        var threads = new Option<int>("--threads") { Description = "Threads within an operator, of each decoder.", DefaultValueFactory = static _ => 1 };
        var models = new Option<string?>("--models") { Description = "The folder of model folders. Default: the nearest folder called models.", HelpName = "FOLDER" };
        var command = new Command("chaos", "Kills, freezes and cuts off services under streams, and compares every token with an undisturbed run.")
        {
            seed, minutes, faults, only, replicas, streams, hold, pause, ready, threads, models,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var failed = false;
            var code = await CommandErrors.RunAsync(
                async cancelled =>
                {
                    var settings = new ChaosSettings
                    {
                        Seed = arguments.GetValue(seed),
                        Duration = Time(arguments.GetValue(minutes) * 60),
                        MaximumFaults = arguments.GetValue(faults),
                        Only = arguments.GetRequiredValue(only),
                        Streams = arguments.GetValue(streams),
                        Hold = Time(arguments.GetValue(hold)),
                        PauseLimit = Time(arguments.GetValue(pause)),
                        ReadyLimit = Time(arguments.GetValue(ready)),
                    };
                    var count = arguments.GetValue(replicas);
                    if (count is < 1 or > 2 || settings.Streams is < 1 or > 32 || settings.MaximumFaults < 0 || arguments.GetValue(threads) < 0)
                    {
                        throw new CommandException("--replicas is 1 or 2, --streams 1 to 32, --faults and --threads at least 0");
                    }

                    if (!Fault.Deal(count, settings.Only, new Random(settings.Seed)).Any())
                    {
                        throw new CommandException("a single replica is killed or cut off, nothing else: nobody could take its streams");
                    }

                    var root = ModelsRoot.Find(arguments.GetValue(models) ?? Environment.GetEnvironmentVariable("Models__Root"), Environment.CurrentDirectory);
                    failed = !await RunAsync(settings, root, count, arguments.GetValue(threads), cancelled);
                },
                cancellation);
            return failed ? CommandErrors.Failure : code;
        });
        return command;
    }

    private static async Task<bool> RunAsync(ChaosSettings settings, string root, int replicas, int threads, CancellationToken cancellation)
    {
        await using var lab = await ChaosLab.StartAsync(root, replicas, settings.Seed, threads, cancellation);
        Console.WriteLine(ChaosReport.Heading());
        var figures = await new ChaosRun(lab, settings, static record => Console.WriteLine(ChaosReport.Line(record))).RunAsync(cancellation);
        Console.WriteLine();
        foreach (var line in ChaosReport.Lines(figures))
        {
            Console.WriteLine(line);
        }

        return figures.Broken().Count == 0;
    }

    // A day is more than anybody waits.
    private static TimeSpan Time(double seconds) => seconds is >= 0 and <= 86_400
        ? TimeSpan.FromSeconds(seconds)
        : throw new CommandException("a time is 0 to 86400 seconds");
}
