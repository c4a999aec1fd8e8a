using System.CommandLine;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Benchmarks.TransformersJs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench transformers</c>: one stream beside transformers.js.</summary>
internal static class BenchTransformersCommand
{
    public static Command Create()
    {
        var (shape, context, _, threads, rounds, work) = BenchCommand.Common("135m", "fp32");
        var formats = BenchCommand.Formats("fp32", "int8", "int4");
        var prompt = new Option<int>("--prompt") { Description = "Tokens of the prompt.", DefaultValueFactory = static _ => 64 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens generated.", DefaultValueFactory = static _ => 128 };
        var output = new Option<string?>("--out") { Description = "A folder for results.json and results.png." };
        var command = new Command("transformers", "One stream beside transformers.js on onnxruntime-node, on the same weights, in one interleaved run.")
        {
            shape, context, formats, threads, rounds, work, prompt, tokens, output,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var options = new TransformersBenchmarkOptions(
                    BenchCommand.Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context)),
                    [.. arguments.GetRequiredValue(formats).Select(BenchCommand.Format)],
                    arguments.GetValue(threads), arguments.GetValue(rounds), arguments.GetValue(prompt), arguments.GetValue(tokens), arguments.GetRequiredValue(work));
                if (options.Rounds < 1 || options.Prompt < 1 || options.Tokens < 2 || options.Prompt + options.Tokens > options.Model.Config.ContextLength)
                {
                    throw new CommandException("--rounds and --prompt are at least 1, --tokens at least 2, and prompt and tokens together fit into --context");
                }

                var machine = Machine.Describe(options.Threads);
                Console.WriteLine(machine);
                var results = await TransformersBenchmark.RunAsync(options, Console.WriteLine, cancelled);
                if (arguments.GetValue(output) is { } target)
                {
                    BenchmarkReport.Write(target, machine, results, "transformers.js");
                }
            },
            cancellation));
        return command;
    }
}
