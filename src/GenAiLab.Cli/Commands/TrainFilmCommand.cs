using System.CommandLine;
using System.Globalization;
using GenAiLab.Cli.Printing;
using GenAiLab.Training.Practice;
using GenAiLab.Training.Verbs;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab train film</c>: the model that films.</summary>
internal static class TrainFilmCommand
{
    public static Command Create()
    {
        var shared = new TrainOptions();
        var command = new Command("film", "Pre-trains lab-film on films of the lab world as sequences of codes, and lets it practise against a critic.")
        {
            shared.Pretrained, shared.Models, shared.Seed, shared.Threads, shared.Smoke, shared.Fresh, shared.Steps,
        };
        command.SetAction((arguments, cancellation) => TrainOptions.RunAsync((bar, cancelled) => Train(shared, arguments, bar, cancelled), cancellation));
        return command;
    }

    /// <summary>Trains and says what came of it.</summary>
    public static void Train(TrainOptions shared, ParseResult arguments, TrainingBar bar, CancellationToken cancellation)
    {
        var smoke = arguments.GetValue(shared.Smoke);
        var options = (smoke ? GeneratorOptions.FilmSmoke : GeneratorOptions.Film).With(
            arguments.GetValue(shared.Seed), arguments.GetValue(shared.Threads), arguments.GetValue(shared.Steps));
        var folder = shared.OutputFolder(arguments, "lab-film" + shared.Suffix(arguments));
        var evaluation = TrainFilm.Run(
            options, arguments.GetValue(shared.Pretrained), folder, shared.ModelFolder(arguments, "lab-watch" + shared.Suffix(arguments)),
            shared.Checkpoints(arguments, folder), bar.Say, bar, cancellation);
        bar.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"of {evaluation.Filmed} films {evaluation.Agreement:P1} show what their captions say; written to {folder}"));
    }
}
