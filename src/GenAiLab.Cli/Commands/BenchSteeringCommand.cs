using System.CommandLine;
using GenAiLab.Cli.Benchmarks;
using GenAiLab.Cli.Hosting;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench steering</c>: what guidance and a ranking by reward change.</summary>
internal static class BenchSteeringCommand
{
    public static Command Create()
    {
        var texts = new Option<int>("--texts") { Description = "Texts for each topic and strength.", DefaultValueFactory = static _ => 30 };
        var rounds = new Option<int>("--rounds") { Description = "How often each of six questions is asked.", DefaultValueFactory = static _ => 5 };
        var models = new Option<string?>("--models") { Description = "The folder of model folders. Default: the nearest folder called models." };
        var command = new Command("steering", "Texts steered by a classifier, and answers ranked by a reward model.") { texts, rounds, models };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                if (arguments.GetValue(texts) < 1 || arguments.GetValue(rounds) < 1)
                {
                    throw new CommandException("--texts and --rounds are at least 1");
                }

                await using var lab = await EmbeddedLab.StartAsync(EmbeddedServices.GuardedGeneration, arguments.GetValue(models), cancelled);
                await foreach (var line in SteeringBenchmark.GuidanceAsync(lab, arguments.GetValue(texts), cancelled))
                {
                    Console.WriteLine(line);
                }

                Console.WriteLine(await SteeringBenchmark.RankingAsync(lab, arguments.GetValue(rounds), cancelled));
            },
            cancellation));
        return command;
    }
}
