using System.CommandLine;
using System.Globalization;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks.Abuse;
using GenAiLab.Cli.Benchmarks.Fleet;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench overload</c>: what one decoder does for more clients than it can serve.</summary>
internal static class BenchOverloadCommand
{
    private const double Mebi = 1 << 20;

    public static Command Create()
    {
        var (shape, context, _, threads, _, work) = BenchCommand.Common("tiny", "fp32");
        var slots = new Option<int>("--slots") { Description = "KV-cache slots of the decoder.", DefaultValueFactory = static _ => 16 };
        var clients = new Option<int[]>("--clients")
        {
            Description = "Clients at a time; the first is what saturates it.",
            DefaultValueFactory = static _ => [16, 64, 1000, 16],
            AllowMultipleArgumentsPerToken = true,
        };
        var leaving = new Option<double>("--leaving") { Description = "Share of the requests whose client leaves at a random moment.", DefaultValueFactory = static _ => 0 };
        var seconds = new Option<double>("--seconds") { Description = "Of each.", DefaultValueFactory = static _ => 10 };
        var prompt = new Option<int>("--prompt") { Description = "Tokens of each prompt.", DefaultValueFactory = static _ => 16 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of each request.", DefaultValueFactory = static _ => 64 };
        var command = new Command("overload", "One decoder, and more clients than it has slots and places in its line.")
        {
            slots, clients, leaving, seconds, prompt, tokens, shape, context, threads, work,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var model = BenchCommand.Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context));
                var (length, count, share) = (arguments.GetValue(prompt), arguments.GetValue(tokens), arguments.GetValue(leaving));
                if (length < 1 || count < 1 || length + count > model.Config.ContextLength || arguments.GetRequiredValue(clients).Any(static one => one is < 1 or > 100_000)
                    || share is not (>= 0 and <= 1) || arguments.GetValue(seconds) is not (>= 0.1 and <= 3600))
                {
                    throw new CommandException("--prompt and --tokens fit into --context, --clients is 1 to 100,000, --leaving 0 to 1, --seconds 0.1 to 3,600");
                }

                var settings = BenchFleetCommand.Settings(model, arguments.GetRequiredValue(work), replicas: 1, arguments.GetValue(slots), arguments.GetValue(threads));
                await using var lab = await FleetLab.StartAsync(settings, cancelled);
                Console.WriteLine(Machine.Describe(arguments.GetValue(threads)));
                var benchmark = new OverloadBenchmark(lab.Decoders[0], model.Config.VocabularySize, length, count);
                await benchmark.RunAsync(arguments.GetValue(slots), TimeSpan.FromSeconds(arguments.GetValue(seconds) / 2), leaving: 0, cancelled);
                double? saturated = null;
                foreach (var number in arguments.GetRequiredValue(clients))
                {
                    var figures = await benchmark.RunAsync(number, TimeSpan.FromSeconds(arguments.GetValue(seconds)), share, cancelled);
                    Say(figures, saturated ??= figures.TokensPerSecond);
                }
            },
            cancellation));
        return command;
    }

    private static void Say(OverloadFigures figures, double saturated) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{figures.Clients,6} clients  {figures.TokensPerSecond,7:0} tokens/s ({figures.TokensPerSecond / saturated:P0} of the first)  {figures.Answered} answered, {figures.Least} to {figures.Most} a client, {figures.Refused} times refused ({figures.WithoutDelay} without a delay), {figures.Failed} failed  {figures.WorkingSet / Mebi:0} MiB  idle {figures.SecondsToIdle * 1000:0} ms after the last, {figures.Wasted:P1} of the tokens for nobody"));
}
