using System.CommandLine;
using System.Globalization;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks.Abuse;
using GenAiLab.Cli.Benchmarks.Fleet;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench tenants</c>: whether time tells one caller what another has asked.</summary>
internal static class BenchTenantsCommand
{
    private const int WarmingPrompts = 20;

    public static Command Create()
    {
        var (shape, context, _, threads, _, work) = BenchCommand.Common("15m", "fp32");
        var prompt = new Option<int>("--prompt") { Description = "Tokens of each prompt.", DefaultValueFactory = static _ => 256 };
        var prompts = new Option<int>("--prompts") { Description = "Prompts of each kind.", DefaultValueFactory = static _ => 50 };
        var command = new Command("tenants", "What the time to the first token tells of another's prompts, in one tenant and in two.") { prompt, prompts, shape, context, threads, work };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var model = BenchCommand.Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context));
                var (length, count) = (arguments.GetValue(prompt), arguments.GetValue(prompts));
                if (length < 1 || length >= model.Config.ContextLength || count < 2)
                {
                    throw new CommandException("--prompt is at least 1 and fits into --context, --prompts is at least 2");
                }

                var settings = BenchFleetCommand.Settings(model, arguments.GetRequiredValue(work), replicas: 1, slots: 16, arguments.GetValue(threads));
                await using var lab = await FleetLab.StartAsync(settings, cancelled);
                var decoder = new V1.Decoder.DecoderClient(lab.Decoders[0].Channel);
                Console.WriteLine(Machine.Describe(arguments.GetValue(threads)));
                await new TenantTiming(decoder, settings.Model, model.Config.VocabularySize, length, WarmingPrompts).RunAsync("warming", cancelled);
                var timing = new TenantTiming(decoder, settings.Model, model.Config.VocabularySize - 1, length, count);
                Say("the same tenant", await timing.RunAsync("victim", cancelled));
                Say("another tenant", await timing.RunAsync("other", cancelled));
            },
            cancellation));
        return command;
    }

    private static void Say(string who, TimingFigures figures) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{who,-16} first token p50 {figures.Known * 1000:0.0} ms of a prompt that was sent, {figures.Fresh * 1000:0.0} ms of one that was not; told apart {figures.Told:P0} of the time (50 % is chance)"));
}
