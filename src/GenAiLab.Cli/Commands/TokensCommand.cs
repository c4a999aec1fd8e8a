using System.CommandLine;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab tokens</c>: how a vocabulary cuts a text.</summary>
internal static class TokensCommand
{
    public static Command Create()
    {
        var text = new Argument<string>("text") { Description = "The text to cut." };
        var vocabulary = new Option<string?>("--vocabulary") { Description = "lab-base, cl100k_base, o200k_base or any model folder's name." };
        var services = new ServiceOptions("tokenizer");
        var command = new Command("tokens", "Prints a text's tokens.") { text, vocabulary };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Tokenization, cancelled);
                var response = await lab.Tokenizer.EncodeAsync(
                    new EncodeRequest { Vocabulary = arguments.GetValue(vocabulary) ?? "", Text = arguments.GetRequiredValue(text) },
                    cancellationToken: cancelled);
                foreach (var token in response.Tokens)
                {
                    Console.WriteLine($"{token.Id,7}  {TokenText.Quote(token.Piece)}");
                }

                Console.WriteLine($"{response.Tokens.Count} tokens in the vocabulary {response.Vocabulary.Name} ({response.Vocabulary.Size:N0} entries)");
            },
            cancellation));
        return command;
    }
}
