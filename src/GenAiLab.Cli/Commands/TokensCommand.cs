using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.Cli.Printing;
using GenAiLab.V1;
using Spectre.Console;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab tokens</c>: how vocabularies cut a text, and what that makes of a context window.</summary>
internal static class TokensCommand
{
    // A longer list is of use to nobody who has not asked for it.
    private const int ListedTokens = 40;
    private const int LessonWindow = 128_000;

    public static Command Create()
    {
        var text = new Argument<string?>("text") { Description = "The text to cut; - reads it from the standard input.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<FileInfo?>("--file") { Description = "Cuts the text of a file, UTF-8, at most 1 MiB.", HelpName = "FILE" };
        var vocabularies = new Option<string[]>("--vocabulary")
        {
            Description = "lab-base, cl100k_base, o200k_base or any model folder's name; given several times, they are compared.",
            DefaultValueFactory = static _ => [""],
        };
        var special = new Option<bool>("--special") { Description = "Reads special tokens that the text spells out as such, and adds what the vocabulary adds to a text." };
        var window = new Option<int>("--window") { Description = "A context window, in tokens, whose content is estimated.", DefaultValueFactory = static _ => LessonWindow };
        var list = new Option<bool>("--list") { Description = $"Lists every token; without it only of texts up to {ListedTokens}." };
        var colour = new Option<bool>("--color") { Description = "Colours even what is not written to a terminal." };
        var services = new ServiceOptions("tokenizer");
        var command = new Command("tokens", "Shows how vocabularies cut a text.") { text, file, vocabularies, special, window, list, colour };
        services.AddTo(command);
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var content = await ReadAsync(arguments.GetValue(text), arguments.GetValue(file), cancelled);
                await using var lab = await services.ConnectAsync(arguments, EmbeddedServices.Tokenization, cancelled);
                var console = AnsiConsole.Create(new AnsiConsoleSettings
                {
                    Out = new AnsiConsoleOutput(Console.Out),
                    Ansi = arguments.GetValue(colour) ? AnsiSupport.Yes : AnsiSupport.Detect,
                    ColorSystem = arguments.GetValue(colour) ? ColorSystemSupport.TrueColor : ColorSystemSupport.Detect,
                });
                if (Console.IsOutputRedirected)
                {
                    console.Profile.Width = int.MaxValue; // A pipe has no width.
                }

                foreach (var vocabulary in arguments.GetRequiredValue(vocabularies))
                {
                    await ShowAsync(lab.Tokenizer, console, vocabulary, content, arguments.GetValue(special), arguments.GetValue(window), arguments.GetValue(list), cancelled);
                }
            },
            cancellation));
        return command;
    }

    private static async Task ShowAsync(
        V1.Tokenizer.TokenizerClient tokenizer, IAnsiConsole console, string vocabulary, string text, bool special, int window, bool list, CancellationToken cancellation)
    {
        var encoded = await tokenizer.EncodeAsync(
            new EncodeRequest { Vocabulary = vocabulary, Text = text, AddSpecialTokens = special, ParseSpecialTokens = special }, cancellationToken: cancellation);
        var measured = await tokenizer.MeasureWindowAsync(
            new MeasureWindowRequest { Vocabulary = vocabulary, Text = text, ContextLength = window }, cancellationToken: cancellation);
        ColouredPieces.Write(console, encoded.Tokens);
        if (list || encoded.Tokens.Count <= ListedTokens)
        {
            foreach (var token in encoded.Tokens)
            {
                console.WriteLine($"{token.Id,7}  {TokenText.Quote(token.Piece)}");
            }
        }

        var bytes = System.Text.Encoding.UTF8.GetByteCount(text);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Many(encoded.Tokens.Count, "token")}, {Many(measured.Words, "word")} and {Many(bytes, "byte")} in the vocabulary {encoded.Vocabulary.Name} ({encoded.Vocabulary.Size:N0} entries)"));
        if (measured.Words > 0)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(double)measured.Words / Math.Max(1, measured.Tokens):0.00} words a token: {window:N0} tokens hold {measured.WindowWords:N0} words like these, {measured.WindowWordsByRule:N0} by the rule of 750 words in 1,000 tokens"));
        }
    }

    private static string Many(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    private static async Task<string> ReadAsync(string? text, FileInfo? file, CancellationToken cancellation)
    {
        if (file is not null)
        {
            try
            {
                return text is null
                    ? await File.ReadAllTextAsync(file.FullName, cancellation)
                    : throw new CommandException("give a text or --file, not both");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"the file '{file.Name}' cannot be read");
            }
        }

        return text switch
        {
            null => throw new CommandException("give a text, - for the standard input, or --file"),
            "-" => await Console.In.ReadToEndAsync(cancellation),
            _ => text,
        };
    }
}
