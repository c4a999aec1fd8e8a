using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab score</c>: how probable a model finds a given text, token by token.</summary>
internal static class ScoreCommand
{
    public static Command Create()
    {
        var text = new Argument<string>("text") { Description = "The text to rate." };
        var model = new Option<string?>("--model") { Description = "The model; default: the lab's default model." };
        var services = new ServiceOptions("orchestrator");
        var command = new Command("score", "Prints how probable a model finds a text: log-probability and rank of every token.") { text, model };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Generation, cancelled);
                var request = new OrchestratorScoreRequest { Model = arguments.GetValue(model) ?? "", Text = arguments.GetRequiredValue(text), Alternatives = 1 };
                var score = await lab.Orchestrator.ScoreAsync(request, cancellationToken: cancelled);
                Console.WriteLine("log p (nats)   rank  token            most probable");
                foreach (var token in score.Tokens)
                {
                    var likeliest = token.Rank == 1 ? "" : TokenText.Quote(token.Alternatives[0].Piece);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"{token.RawLogProbability,12:F3} {token.Rank,6}  {TokenText.Quote(token.Piece),-16} {likeliest}").TrimEnd());
                }

                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"sum {score.SumLogProbability:F3} nats over {score.Tokens.Count} tokens, perplexity {score.Perplexity:F2}"));
            },
            cancellation));
        return command;
    }
}
