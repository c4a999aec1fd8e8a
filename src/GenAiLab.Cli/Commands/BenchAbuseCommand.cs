using System.CommandLine;
using System.Globalization;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks.Abuse;
using GenAiLab.Cli.Benchmarks.Fleet;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench abuse</c>: how long clients that behave take beside one that does not.</summary>
internal static class BenchAbuseCommand
{
    private const string OrchestratorPath = "/genailab.v1.Orchestrator/Generate";
    private const string DecoderPath = "/genailab.v1.Decoder/GenerateTokens";
    private const int WarmingRequests = 200;
    private static readonly int[] Prompt = [5, 6, 7, 8];

    public static Command Create()
    {
        var (shape, context, _, threads, _, work) = BenchCommand.Common("tiny", "fp32");
        var clients = new Option<int>("--streams") { Description = "Clients that behave.", DefaultValueFactory = static _ => 4 };
        var seconds = new Option<double>("--seconds") { Description = "Of each half of a round: calm, then abused.", DefaultValueFactory = static _ => 5 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each abuse.", DefaultValueFactory = static _ => 2 };
        var service = new Option<string>("--service") { Description = "Which is abused: orchestrator or decoder.", DefaultValueFactory = static _ => "orchestrator" };
        var only = new Option<string[]>("--only") { Description = "Names of abuses; otherwise all.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("abuse", "HTTP/2 and gRPC as no client should speak them, and what it costs the others.")
        {
            clients, seconds, rounds, service, only, shape, context, threads, work,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                if (arguments.GetValue(clients) < 1 || arguments.GetValue(rounds) < 1 || arguments.GetValue(seconds) is not (>= 0.1 and <= 600))
                {
                    throw new CommandException("--streams and --rounds are at least 1, --seconds is 0.1 to 600");
                }

                var all = FrameAbuses.All.Concat(CallAbuses.All).OrderBy(static abuse => abuse.Key, StringComparer.Ordinal).ToList();
                var wanted = arguments.GetValue(only) is { Length: > 0 } names ? names : null;
                if (wanted?.FirstOrDefault(name => all.All(abuse => abuse.Key != name)) is { } unknown)
                {
                    throw new CommandException($"there is no abuse '{unknown}'; there are: {string.Join(", ", all.Select(static abuse => abuse.Key))}");
                }

                var settings = BenchFleetCommand.Settings(
                    BenchCommand.Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context)), arguments.GetRequiredValue(work), replicas: 1, slots: 16, arguments.GetValue(threads));
                await using var lab = await FleetLab.StartAsync(settings, cancelled);
                var target = arguments.GetRequiredValue(service) switch
                {
                    "orchestrator" => new AbuseTarget(lab.OrchestratorProcess.Address, OrchestratorPath, Request(1)),
                    "decoder" => new AbuseTarget(
                        lab.Decoders[0].Address, DecoderPath, new GenerateTokensRequest { Prompt = new TokenIds { Ids = { Prompt } }, MaxTokens = 8, Sampling = new SamplingProgram { Seed = 1 } }),
                    _ => throw new CommandException("--service is orchestrator or decoder"),
                };
                var benchmark = new AbuseBenchmark(
                    () => new FleetLoad(lab.Orchestrator, Request), target, arguments.GetValue(clients), TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(rounds));
                Console.WriteLine(Machine.Describe(arguments.GetValue(threads)));
                await new FleetLoad(lab.Orchestrator, Request).RunAsync(arguments.GetValue(clients), WarmingRequests, Task.CompletedTask, cancelled);
                foreach (var (name, abuse) in all.Where(abuse => wanted?.Contains(abuse.Key) ?? true))
                {
                    Say(await benchmark.RunAsync(name, abuse, cancelled));
                }
            },
            cancellation));
        return command;
    }

    private static GenerateRequest Request(int number) => new()
    {
        Tokens = new TokenIds { Ids = { Prompt } },
        Sampling = new SamplingProgram { Seed = (ulong)number },
        MaxTokens = 8,
    };

    private static void Say(AbuseFigures figures) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{figures.Name,-33} {figures.Answer,-45} {figures.PerSecond,5:0.0}/s  others p99 {figures.CalmP99 * 1000,6:0.0} → {figures.P99 * 1000,6:0.0} ms ({figures.Ratio:0.0} times), {figures.Requests} requests, {figures.Failed} failed"));
}
