using System.CommandLine;
using System.Globalization;
using GenAiLab.Balancing;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Benchmarks.Simulation;
using GenAiLab.Cli.Benchmarks.Fleet;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab simulate</c>: how many decoders a load needs, before they are bought.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var (shape, context, _, threads, _, work) = BenchCommand.Common("15m", "fp32");
        var cost = new Option<string>("--cost") { Description = "The JSON file of a decoder's costs.", DefaultValueFactory = static _ => "decoder-cost.json", HelpName = "FILE" };
        var calibrate = new Option<bool>("--calibrate") { Description = "Measures a decoder on this machine first, and writes the file." };
        var check = new Option<bool>("--check") { Description = "Runs the load on real decoders too, and says how far off the prediction was." };
        var replicas = new Option<int[]>("--replicas") { Description = "Decoders, 1 to 1000.", DefaultValueFactory = static _ => [1, 2], AllowMultipleArgumentsPerToken = true };
        var routing = new Option<RoutingRule[]>("--routing") { Description = "Routing rules.", DefaultValueFactory = static _ => [RoutingRule.PrefixAffinity], AllowMultipleArgumentsPerToken = true };
        var rate = new Option<double>("--rate") { Description = "Requests per second and decoder.", DefaultValueFactory = static _ => 2 };
        var requests = new Option<int>("--requests") { Description = "Requests per decoder.", DefaultValueFactory = static _ => 200 };
        var prompts = new Option<int>("--system-prompts") { Description = "System prompts.", DefaultValueFactory = static _ => 20 };
        var system = new Option<int>("--system-tokens") { Description = "Tokens of each.", DefaultValueFactory = static _ => 128 };
        var user = new Option<double>("--user-tokens") { Description = "Mean of what follows it.", DefaultValueFactory = static _ => 32 };
        var output = new Option<double>("--output-tokens") { Description = "Mean of what is generated.", DefaultValueFactory = static _ => 64 };
        var slots = new Option<int>("--slots") { Description = "KV-cache slots of the decoders that are measured.", DefaultValueFactory = static _ => 8 };
        var seed = new Option<int>("--seed") { Description = "Of the load.", DefaultValueFactory = static _ => 1 };
        var command = new Command("simulate", "Plans a fleet of decoders in simulated time, from measured costs.")
        {
            cost, calibrate, check, replicas, routing, rate, requests, prompts, system, user, output, slots, seed, shape, context, threads, work,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var file = arguments.GetRequiredValue(cost);
                // Decoders that are measured on one machine get cores of their own, as those of a fleet have.
                var cores = arguments.GetResult(threads) is { Implicit: true } && arguments.GetValue(check)
                    ? Math.Max(1, arguments.GetValue(threads) / arguments.GetRequiredValue(replicas).Max())
                    : arguments.GetValue(threads);
                var fleet = new Lazy<(FleetSettings Settings, FleetMeasurement Measurement)>(() =>
                {
                    var model = BenchCommand.Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context));
                    return (
                        BenchFleetCommand.Settings(model, arguments.GetRequiredValue(work), 1, arguments.GetValue(slots), cores),
                        new FleetMeasurement(model.Config.VocabularySize));
                });
                var decoder = arguments.GetValue(calibrate) ? await CalibrateAsync(file, fleet.Value.Settings, fleet.Value.Measurement, cores, cancelled) : Read(file);
                Console.WriteLine($"{decoder.Model} on {decoder.Machine}");
                var (perReplica, each) = (arguments.GetValue(rate), arguments.GetValue(requests));
                foreach (var count in arguments.GetRequiredValue(replicas))
                {
                    var workload = new Workload(
                        perReplica * count, arguments.GetValue(prompts), arguments.GetValue(system), arguments.GetValue(user), arguments.GetValue(output), arguments.GetValue(seed));
                    if (count is < 1 or > 1000 || each is < 1 or > 100_000 || perReplica <= 0 || workload is { SystemPrompts: < 1 } or { SystemTokens: < 0 }
                        || workload.UserTokens < 1 || workload.OutputTokens < 1 || workload.SystemTokens + 2 > decoder.ContextLength)
                    {
                        throw new CommandException(
                            $"--replicas is 1 to 1000, --requests 1 to 100000, --rate above 0, the other numbers at least 1, and a system prompt fits into the context of {decoder.ContextLength} tokens");
                    }

                    foreach (var rule in arguments.GetRequiredValue(routing))
                    {
                        MeasuredFigures? measured = null;
                        var (contention, costs) = (1.0, decoder);
                        if (arguments.GetValue(check))
                        {
                            (measured, contention) = await ReplayAsync(
                                fleet.Value.Settings with { Replicas = count, Orchestrator = [new("Decoders:Routing", rule.ToString())] }, fleet.Value.Measurement,
                                workload, each * count, decoder.ContextLength, cancelled);
                        }

                        if (measured is not null && arguments.GetValue(calibrate))
                        {
                            var after = await CalibrateAsync(file, fleet.Value.Settings, fleet.Value.Measurement, cores, cancelled);
                            (costs, decoder) = (decoder.MeanWith(after), after);
                        }

                        var predicted = new FleetSimulation(costs, new RoutingSettings { Rule = rule }) { Contention = contention }.Run(count, workload, each * count, cancelled);
                        Say($"{count,5} decoders, {rule,-15} first token p50 {1000 * predicted.FirstTokenP50:0.0} ms p99 {1000 * predicted.FirstTokenP99:0.0} ms, latency p50 {predicted.LatencyP50:0.000} s p99 {predicted.LatencyP99:0.000} s, {predicted.TokensPerSecond:0} tokens/s, {predicted.Utilisation:P0} busy, {predicted.HitRate:P0} cached, {predicted.Refused} refused");
                        if (measured is not null)
                        {
                            Say($"      measured                 first token p50 {1000 * measured.FirstTokenP50:0.0} ms ({Off(predicted.FirstTokenP50, measured.FirstTokenP50)}), latency p50 {measured.LatencyP50:0.000} s ({Off(predicted.LatencyP50, measured.LatencyP50)}), {measured.TokensPerSecond:0} tokens/s ({Off(predicted.TokensPerSecond, measured.TokensPerSecond)}), {measured.Failed} failed");
                            Say($"      decoders that run together take {contention:0.00} times as long as one alone");
                        }
                    }
                }
            },
            cancellation));
        return command;
    }

    private static async Task<DecoderCost> CalibrateAsync(
        string file, FleetSettings settings, FleetMeasurement measurement, int threads, CancellationToken cancellation)
    {
        await using var lab = await FleetLab.StartAsync(settings, cancellation);
        var cost = await measurement.CalibrateAsync(lab, Machine.Describe(threads), settings.Model, cancellation);
        AtomicFile.WriteText(Path.GetFullPath(file), cost.ToJson());
        return cost;
    }

    private static async Task<(MeasuredFigures Figures, double Contention)> ReplayAsync(
        FleetSettings settings, FleetMeasurement measurement, Workload workload, int requests, int contextLength, CancellationToken cancellation)
    {
        await using var lab = await FleetLab.StartAsync(settings, cancellation);
        var contention = await measurement.ContentionAsync(lab, cancellation);
        return (await measurement.ReplayAsync(lab, workload, requests, contextLength, cancellation), contention);
    }

    // How far the prediction lies from what was measured.
    private static string Off(double predicted, double measured) =>
        string.Create(CultureInfo.InvariantCulture, $"predicted {(predicted / measured) - 1:+0 %;-0 %}");

    private static DecoderCost Read(string file)
    {
        try
        {
            return DecoderCost.FromJson(File.ReadAllText(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CommandException($"{file} cannot be read: {error.Message}. --calibrate makes one.");
        }
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
