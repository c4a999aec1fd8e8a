using System.CommandLine;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench constraints</c>: what a constraint costs a generation.</summary>
internal static class BenchConstraintsCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "A model folder, for its vocabulary, beside the first 49,152 entries of cl100k_base and all of them.", DefaultValueFactory = static _ => "lab-base" };
        var models = new Option<string?>("--models") { Description = "The folder of model folders. Default: the nearest folder called models." };
        var rounds = new Option<int>("--rounds") { Description = "Compilations of each constraint; the median counts.", DefaultValueFactory = static _ => 7 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of each text, at most.", DefaultValueFactory = static _ => 128 };
        var command = new Command("constraints", "Compilation of constraints, and masks of allowed tokens, uncached and cached.") { model, models, rounds, tokens };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            cancelled =>
            {
                if (arguments.GetValue(rounds) < 1 || arguments.GetValue(tokens) < 1)
                {
                    throw new CommandException("--rounds and --tokens are at least 1");
                }

                Console.WriteLine(Machine.Describe(1));
                var folder = Path.Combine(ModelsRoot.Find(arguments.GetValue(models), Environment.CurrentDirectory), arguments.GetRequiredValue(model));
                foreach (var row in ConstraintBenchmark.Run(folder, arguments.GetValue(rounds), arguments.GetValue(tokens), cancelled))
                {
                    Console.WriteLine(row);
                }

                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }
}
