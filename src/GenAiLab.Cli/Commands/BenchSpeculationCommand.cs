using System.CommandLine;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench speculation</c>: what it is worth to guess tokens ahead.</summary>
internal static class BenchSpeculationCommand
{
    private const string DefaultDraft = "lab-draft";

    // Of the lab world: some repeat what they were given, some do not.
    private static readonly string[] Prompts =
    [
        "The capital of France is Paris. The capital of Germany is Berlin. The capital of",
        "The capital of Italy is",
        "One day",
        "One day, a fox met a hen. The fox",
        "The cow has four legs. The dog has four legs. The hen has two legs. The",
        "The opposite of hot is cold. The opposite of",
        "Question: What is the capital of Spain? Answer: Madrid. Question: What is the capital of Italy? Answer:",
        "Two plus three is five. Three plus four is",
    ];

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "The model that generates.", DefaultValueFactory = static _ => "lab-base" };
        var draft = new Option<string?>("--draft") { Description = $"The model that guesses; none: no model does. Default: {DefaultDraft}, where there is one." };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of each text, at most.", DefaultValueFactory = static _ => 96 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the median counts.", DefaultValueFactory = static _ => 5 };
        var temperatures = new Option<float[]>("--temperature") { Description = "0: greedy.", DefaultValueFactory = static _ => [0, 1], AllowMultipleArgumentsPerToken = true };
        var services = new ServiceOptions("orchestrator");
        var command = new Command("speculation", "Texts of the lab's world, generated plainly and with guesses.") { model, draft, tokens, rounds, temperatures };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                if (arguments.GetValue(rounds) < 1 || arguments.GetValue(tokens) < 2)
                {
                    throw new CommandException("--rounds is at least 1 and --tokens at least 2");
                }

                Console.WriteLine(Machine.Describe(Environment.ProcessorCount));
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);
                var guesser = arguments.GetValue(draft) ?? await FindAsync(lab.Orchestrator, DefaultDraft, cancelled) ?? "none";
                foreach (var temperature in arguments.GetRequiredValue(temperatures))
                {
                    Console.WriteLine(FormattableString.Invariant($"temperature {temperature:0.##}"));
                    var rows = await SpeculationBenchmark.RunAsync(
                        lab.Orchestrator, arguments.GetRequiredValue(model), guesser == "none" ? null : guesser, Prompts, temperature, arguments.GetValue(tokens),
                        arguments.GetValue(rounds), cancelled);
                    foreach (var row in rows)
                    {
                        Console.WriteLine(row);
                    }
                }
            },
            cancellation));
        return command;
    }

    private static async Task<string?> FindAsync(V1.Orchestrator.OrchestratorClient orchestrator, string name, CancellationToken cancellation)
    {
        var listing = await orchestrator.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellation);
        return listing.Models.Any(model => model.Name == name && model.State == ModelState.Ready) ? name : null;
    }
}
