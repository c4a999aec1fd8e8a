using GenAiLab.Media.Pictures;
using GenAiLab.Training.Pictures;

namespace GenAiLab.Experiments.Opposites.Films;

/// <summary>Watch and film.</summary>
internal sealed class FilmOpposites : IExperiment
{
    private const int OnSheet = 5;

    private static readonly OppositesCriteria Reach = new(0.95, 0.9);

    public string Name => "opposites-films";

    public string LessonSays => "A film of a cat that walks gives 'cat, to the left'; the words give a new film.";

    public string Does =>
        "Asks lab-watch about held-out films and about what lab-film made of prompts, and compares that with real films as opposites-pictures does.";

    public IReadOnlyList<string> Criteria => Reach.InWords;

    public Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation) =>
        new OppositesRun<IReadOnlyList<Picture>>(
            new FilmModality(context.ScratchFolder, context.Threads), "lab-watch", "lab-film", Reach, OppositesPlan.Films)
        .RunAsync(context, static (path, pairs) => PictureSheet.Save(path, [.. pairs.Take(OnSheet).SelectMany(static pair => new[] { pair.Generated, pair.Nearest })]), cancellation);
}
