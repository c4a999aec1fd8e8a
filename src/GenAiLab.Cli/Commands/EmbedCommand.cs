using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab embed</c>: texts as vectors, and how alike these are.</summary>
internal static class EmbedCommand
{
    private const int ShownCharacters = 40;

    public static Command Create()
    {
        var texts = new Argument<string[]>("texts") { Description = "At least two texts.", Arity = new ArgumentArity(2, 256) };
        var model = new Option<string?>("--model") { Description = "The model; default: the lab's default model." };
        var pooling = new Option<string>("--pooling")
        {
            Description = "How hidden states become one vector: mean (of all tokens) or last (the last token's).",
            DefaultValueFactory = static _ => "mean",
        };
        pooling.AcceptOnlyFromAmong("mean", "last");
        var services = new ServiceOptions("orchestrator");
        var command = new Command("embed", "Turns texts into vectors and prints their cosine similarities.") { texts, model, pooling };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);
                var request = new OrchestratorEmbedRequest
                {
                    Model = arguments.GetValue(model) ?? "",
                    Texts = { arguments.GetRequiredValue(texts) },
                    Pooling = arguments.GetValue(pooling) == "last" ? Pooling.Last : Pooling.Mean,
                };
                Print(request.Texts, await lab.Orchestrator.EmbedAsync(request, cancellationToken: cancelled));
            },
            cancellation));
        return command;
    }

    private static void Print(IList<string> texts, OrchestratorEmbedResponse response)
    {
        Console.WriteLine($"{response.Model}, {response.Embeddings[0].Values.Count} dimensions");
        for (var row = 0; row < texts.Count; row++)
        {
            // The vectors have length 1: their product is the cosine.
            var similarities = response.Embeddings.Select(other => other.Values.Zip(response.Embeddings[row].Values, static (a, b) => a * b).Sum());
            var shown = texts[row].Length <= ShownCharacters ? texts[row] : texts[row][..(ShownCharacters - 1)] + "…";
            Console.WriteLine($"{string.Join(' ', similarities.Select(static value => value.ToString("F3", CultureInfo.InvariantCulture).PadLeft(6)))}  {shown}");
        }
    }
}
