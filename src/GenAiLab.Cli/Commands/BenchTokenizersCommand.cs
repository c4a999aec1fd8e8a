using System.CommandLine;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench tokenizers</c>: text to token ids beside npm's tokenizers.</summary>
internal static class BenchTokenizersCommand
{
    public static Command Create()
    {
        var vocabularies = new Option<string[]>("--vocabulary")
        {
            Description = "A public vocabulary such as cl100k_base, a published one (llama3, qwen3, llama2, gemma), or a model's name.",
            DefaultValueFactory = static _ => ["cl100k_base", "o200k_base", "gpt2", "lab-chat", "llama3", "qwen3", "llama2", "gemma"],
            AllowMultipleArgumentsPerToken = true,
        };
        var models = new Option<string?>("--models") { Description = "The folder of model folders." };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the median counts.", DefaultValueFactory = static _ => 5 };
        var work = new Option<string>("--work") { Description = "Where peers are kept.", DefaultValueFactory = static _ => Path.Combine(Path.GetTempPath(), "genailab-bench") };
        var command = new Command("tokenizers", "Encoding beside npm tiktoken and @huggingface/tokenizers, in one interleaved run.") { vocabularies, models, rounds, work };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            cancelled =>
            {
                if (arguments.GetValue(rounds) < 1)
                {
                    throw new CommandException("--rounds is at least 1");
                }

                Console.WriteLine(Machine.Describe(1));
                return TokenizerBenchmark.RunAsync(
                    arguments.GetRequiredValue(vocabularies), ModelsRoot.Find(arguments.GetValue(models), Environment.CurrentDirectory),
                    arguments.GetRequiredValue(work), arguments.GetValue(rounds), Console.WriteLine, cancelled);
            },
            cancellation));
        return command;
    }
}
