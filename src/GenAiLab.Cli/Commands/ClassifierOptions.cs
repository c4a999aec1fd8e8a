using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Hosting;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary>Options of <c>lab generate</c> by which a classifier has a say in it.</summary>
internal sealed class ClassifierOptions
{
    private readonly Option<string?> _guard = new("--guard")
    {
        Description = "Refuses prompt and text by a classifier's labels, for example lab-guard:harmful.",
        HelpName = "CLASSIFIER:LABEL,…",
    };

    private readonly Option<string?> _guide = new("--guide")
    {
        Description = "Steers the text towards a classifier's label, for example lab-topics:animals=2; strength 1 unless given.",
        HelpName = "CLASSIFIER:LABEL=STRENGTH",
    };

    private readonly Option<int> _bestOf = new("--best-of") { Description = "Generates so many candidates and shows the best." };

    private readonly Option<string?> _reward = new("--reward")
    {
        Description = "The reward model that says which candidate is the best; default: the most probable one.",
        HelpName = "CLASSIFIER",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_guard);
        command.Options.Add(_guide);
        command.Options.Add(_bestOf);
        command.Options.Add(_reward);
    }

    /// <summary>The services that a command needs for what was asked.</summary>
    public EmbeddedServices Needed(ParseResult arguments) =>
        arguments.GetValue(_guard) is null && arguments.GetValue(_guide) is null && arguments.GetValue(_reward) is null
            ? EmbeddedServices.Generation
            : EmbeddedServices.GuardedGeneration;

    /// <exception cref="CommandException">An option is not written as it has to be.</exception>
    public void ApplyTo(GenerateRequest request, ParseResult arguments)
    {
        if (arguments.GetValue(_guard) is { } guard)
        {
            var (classifier, labels) = Split(guard, "--guard");
            request.Guard = new Guard { Classifier = classifier, Labels = { labels.Split(',') }, Prompt = true, Output = true };
        }

        if (arguments.GetValue(_guide) is { } guide)
        {
            var (classifier, label) = Split(guide, "--guide");
            var parts = label.Split('=');
            var strength = 1f;
            if (parts.Length > 2 || (parts.Length == 2 && !float.TryParse(parts[1], CultureInfo.InvariantCulture, out strength)))
            {
                throw new CommandException("--guide: the strength is no number");
            }

            request.Guidance = new Guidance { Classifier = classifier, Label = parts[0], Strength = strength };
            request.Mode = LoopMode.Step;
        }

        request.BestOf = arguments.GetValue(_bestOf);
        if (arguments.GetValue(_reward) is { } reward)
        {
            request.Ranking = new Ranking { Reward = new RewardModel { Classifier = reward } };
        }
    }

    private static (string Classifier, string Labels) Split(string value, string option) => value.Split(':') is [{ Length: > 0 } classifier, { Length: > 0 } labels]
        ? (classifier, labels)
        : throw new CommandException($"{option}: write it as CLASSIFIER:LABEL");
}
