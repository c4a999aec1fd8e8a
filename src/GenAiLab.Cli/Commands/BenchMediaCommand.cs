using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench media</c>: how long a drawing, a phrase and a film take, one at a time.</summary>
internal static class BenchMediaCommand
{
    private static readonly (string Model, string Prompt)[] Media =
    [
        ("lab-draw", "a small black cat on grass"), ("lab-speak", "seven black cats"), ("lab-film", "a red cat walks to the left on grass"),
    ];

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Of each; the median counts.", DefaultValueFactory = static _ => 15 };
        var services = new ServiceOptions("orchestrator");
        var command = new Command("media", "Seconds that a drawing, a phrase and a film take, through the services.") { rounds };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                if (arguments.GetValue(rounds) < 1)
                {
                    throw new CommandException("--rounds is at least 1");
                }

                Console.WriteLine(Machine.Describe(Environment.ProcessorCount));
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);

                // Round by round, so that what else the machine does troubles all alike; the first warms up.
                var served = (await lab.Orchestrator.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancelled)).Models
                    .Where(static model => model.State == ModelState.Ready).Select(static model => model.Name).ToHashSet();
                var media = Media.Where(medium => served.Contains(medium.Model)).ToList();
                var times = media.ToDictionary(static medium => medium.Model, static _ => new List<Generation>());
                for (var round = 0; round <= arguments.GetValue(rounds); round++)
                {
                    foreach (var (model, prompt) in media)
                    {
                        times[model].Add(await GenerateAsync(lab.Orchestrator, model, prompt, (ulong)round, cancelled));
                    }
                }

                foreach (var (model, prompt) in media)
                {
                    Console.WriteLine(Row(model, prompt, times[model][1..]));
                }
            },
            cancellation));
        return command;
    }

    private static async Task<Generation> GenerateAsync(V1.Orchestrator.OrchestratorClient client, string model, string prompt, ulong seed, CancellationToken cancellation)
    {
        var request = new GenerateRequest { Model = model, Text = prompt, Sampling = new SamplingProgram { Seed = seed }, MediaOutput = new MediaOutput() };
        var started = Stopwatch.GetTimestamp();
        using var call = client.Generate(request, cancellationToken: cancellation);
        var (bytes, tokens) = (0, 0);
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellation))
        {
            bytes = response.Media?.Content.Length ?? bytes;
            tokens = response.Finished?.GeneratedTokens ?? tokens;
        }

        return new Generation(Stopwatch.GetElapsedTime(started).TotalSeconds, tokens, bytes);
    }

    private static string Row(string model, string prompt, List<Generation> generations)
    {
        var seconds = generations.ConvertAll(static generation => generation.Seconds);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{model,-10} {Statistics.Median(seconds),6:0.00} s, 95 % under {Statistics.Percentile(seconds, 95):0.00} s; {Statistics.Median(generations.Select(static generation => (double)generation.Tokens)):0} tokens, {Statistics.Median(generations.Select(static generation => (double)generation.Bytes)):N0} bytes: \"{prompt}\"");
    }

    private sealed record Generation(double Seconds, int Tokens, int Bytes);
}
