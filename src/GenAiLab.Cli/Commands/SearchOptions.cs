using System.CommandLine;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary>The options that say how tokens are found, other than one after the other: guessed ahead, or searched for.</summary>
internal sealed class SearchOptions
{
    private const string Ngram = "ngram";

    private readonly Option<int?> _beams = new("--beams")
    {
        Description = "Searches for the most probable text with so many beams, 2 to 16, instead of drawing one.",
    };

    private readonly Option<string?> _speculate = new("--speculate")
    {
        Description = $"Guesses tokens ahead: {Ngram} (what followed before) or a smaller model of the same vocabulary. The text stays the same.",
        HelpName = $"{Ngram}|MODEL",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_beams);
        command.Options.Add(_speculate);
    }

    public void Apply(ParseResult arguments, GenerateRequest request)
    {
        if (arguments.GetValue(_beams) is { } width)
        {
            request.BeamSearch = new BeamSearch { Width = width };
        }

        if (arguments.GetValue(_speculate) is { } guesser)
        {
            request.Speculation = guesser == Ngram
                ? new Speculation { Ngram = new NgramLookup() }
                : new Speculation { Draft = new DraftModel { Model = guesser } };
        }

        // Both run in step mode and in no other.
        if (request.BeamSearch is not null || request.Speculation is not null)
        {
            request.Mode = LoopMode.Unspecified;
        }
    }
}
