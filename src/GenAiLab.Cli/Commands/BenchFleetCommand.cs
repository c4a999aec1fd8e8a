using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks.Fleet;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench fleet</c>: several decoders behind one orchestrator, in good times and bad.</summary>
internal static class BenchFleetCommand
{
    private const string Rolling = "rolling";
    private const string Frozen = "frozen";
    private const string Prefix = "prefix";
    private static readonly string[] Parts = [Rolling, Frozen, Prefix];
    private static readonly string[] Routings = ["RoundRobin", "LeastLoad", "PrefixAffinity"];
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static Command Create()
    {
        var (shape, context, _, threads, _, work) = BenchCommand.Common("15m", "fp32");
        var parts = new Option<string[]>("--part") { Description = $"Which: {string.Join(", ", Parts)}.", DefaultValueFactory = static _ => Parts, AllowMultipleArgumentsPerToken = true };
        var replicas = new Option<int>("--replicas") { Description = "Decoders.", DefaultValueFactory = static _ => 3 };
        var clients = new Option<int>("--streams") { Description = "Concurrent streams.", DefaultValueFactory = static _ => 8 };
        var slots = new Option<int>("--slots") { Description = "KV-cache slots of each decoder.", DefaultValueFactory = static _ => 16 };
        var requests = new Option<int>("--requests") { Description = "Requests of each run, at least.", DefaultValueFactory = static _ => 200 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens generated for each request.", DefaultValueFactory = static _ => 64 };
        var system = new Option<int>("--system-tokens") { Description = "Tokens of each system prompt of the chat.", DefaultValueFactory = static _ => 256 };
        var prompts = new Option<int>("--system-prompts") { Description = "System prompts of the chat: one decoder's slots do not hold them all.", DefaultValueFactory = static _ => 48 };
        var output = new Option<string?>("--out") { Description = "A folder for fleet.json." };
        var command = new Command("fleet", "A rolling update, a frozen decoder, and prefix affinity beside other routing.")
        {
            parts, replicas, clients, slots, requests, tokens, system, prompts, shape, context, threads, work, output,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var model = BenchCommand.Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context));
                var settings = Settings(model, arguments.GetRequiredValue(work), arguments.GetValue(replicas), arguments.GetValue(slots), arguments.GetValue(threads));
                var benchmark = new FleetBenchmark(settings, model.Config.VocabularySize, arguments.GetValue(clients))
                {
                    Requests = arguments.GetValue(requests),
                    GeneratedTokens = arguments.GetValue(tokens),
                    SystemTokens = arguments.GetValue(system),
                    SystemPrompts = arguments.GetValue(prompts),
                };
                if (settings.Replicas is < 2 or > 64 || arguments.GetValue(clients) < 1 || benchmark.Requests < 1 || benchmark.SystemPrompts < 1
                    || benchmark.GeneratedTokens < 2 || benchmark.SystemTokens + benchmark.PromptTokens + benchmark.GeneratedTokens > model.Config.ContextLength)
                {
                    throw new CommandException(
                        "--replicas is 2 to 64, --streams, --requests and --system-prompts are at least 1, and a system prompt, 24 tokens and --tokens fit into --context");
                }

                await RunAsync(benchmark, arguments.GetRequiredValue(parts), arguments.GetValue(threads), arguments.GetValue(output), cancelled);
            },
            cancellation));
        return command;
    }

    /// <summary>A fleet over the reference weights.</summary>
    internal static FleetSettings Settings(ReferenceModel model, string work, int replicas, int slots, int threads)
    {
        var root = Path.Combine(work, $"served-{model.Name}-{model.Config.ContextLength}");
        var folder = Path.GetFileName(model.WriteFolder(root));
        ReferenceTokenizer.Write(Path.Combine(root, folder), model.Config.VocabularySize);
        return new FleetSettings(root, folder, replicas)
        {
            Decoder = [new("Decoder:Slots", Text(slots)), new("Decoder:Threads", Text(threads))],
        };
    }

    private static async Task RunAsync(FleetBenchmark benchmark, IReadOnlyList<string> parts, int threads, string? output, CancellationToken cancellation)
    {
        var machine = Machine.Describe(threads);
        Console.WriteLine(machine);
        RollingFigures? rolling = null;
        FrozenFigures? frozen = null;
        List<PrefixFigures> prefix = [];
        foreach (var part in parts)
        {
            switch (part)
            {
                case Rolling:
                    rolling = await benchmark.RollAsync(cancellation);
                    Say($"rolling update   {rolling.Requests} requests, {rolling.Failed} failed, {rolling.Differing} with other tokens, longest pause {rolling.LongestPauseSeconds:0.00} s, {rolling.Seconds:0.0} s, exit codes {string.Join(' ', rolling.ExitCodes)}");
                    break;
                case Frozen:
                    frozen = await benchmark.FreezeAsync(cancellation);
                    Say($"one frozen       {frozen.Requests} requests, {frozen.Lost} lost, {frozen.Differing} with other tokens, longest pause {frozen.LongestPauseSeconds:0.00} s");
                    Say($"  first token p99: calm {frozen.CalmP99 * 1000:0} ms, while it is noticed {frozen.DetectionP99 * 1000:0} ms, after {frozen.AfterP99 * 1000:0} ms ({frozen.Ratio:0.00} times calm)");
                    break;
                case Prefix:
                    foreach (var routing in Routings)
                    {
                        var figures = await benchmark.ChatAsync(routing, cancellation);
                        prefix.Add(figures);
                        Say($"chat, {routing,-15} {figures.HitRate:P1} of the prompts' tokens cached, first token p50 {figures.FirstTokenP50 * 1000:0.0} ms p99 {figures.FirstTokenP99 * 1000:0.0} ms, {figures.Requests} requests, {figures.Failed} failed");
                    }

                    break;
                default:
                    throw new CommandException($"there is no part '{part}'; there are {string.Join(", ", Parts)}");
            }
        }

        if (output is not null)
        {
            var json = JsonSerializer.Serialize(new { machine, date = DateTime.UtcNow.ToString("yyyy-MM-dd", null), unit = "s", rolling, frozen, prefix }, Json);
            AtomicFile.WriteText(Path.Combine(output, "fleet.json"), json);
        }
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
