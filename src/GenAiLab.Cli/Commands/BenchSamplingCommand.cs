using System.CommandLine;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench sampling</c>: what choosing a token costs.</summary>
internal static class BenchSamplingCommand
{
    public static Command Create()
    {
        var vocabulary = new Option<int>("--vocabulary") { Description = "Logits.", DefaultValueFactory = static _ => 49_152 };
        var history = new Option<int>("--history") { Description = "Tokens so far, for penalties and DRY.", DefaultValueFactory = static _ => 2048 };
        var rounds = new Option<int>("--rounds") { Description = "Draws by each program.", DefaultValueFactory = static _ => 150 };
        var command = new Command("sampling", "One token by each of the samplers.") { vocabulary, history, rounds };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            cancelled =>
            {
                if (arguments.GetValue(rounds) < 1 || arguments.GetValue(history) < 0 || arguments.GetValue(vocabulary) < 256)
                {
                    throw new CommandException("--rounds is at least 1, --history at least 0 and --vocabulary at least 256");
                }

                Console.WriteLine(Machine.Describe(1));
                foreach (var row in SamplerBenchmark.Run(arguments.GetValue(vocabulary), arguments.GetValue(history), arguments.GetValue(rounds), cancelled))
                {
                    Console.WriteLine(row);
                }

                return Task.CompletedTask;
            },
            cancellation));
        return command;
    }
}
