using GenAiLab.Training.Pictures;

namespace GenAiLab.Experiments.Opposites.Pictures;

/// <summary>See and draw.</summary>
internal sealed class PictureOpposites : IExperiment
{
    private static readonly OppositesCriteria Reach = new(0.98, 0.95);

    public string Name => "opposites-pictures";

    public string LessonSays => "A picture of a cat gives 'cat'; 'a cat' gives a new picture of a cat.";

    public string Does =>
        "Asks lab-see about held-out drawings and about what lab-draw made of prompts, and compares that with real drawings: copies, distances, " +
        "a two-sample test, diversity, what can be learned from it, and lab-draw as a classifier by Bayes' rule.";

    public IReadOnlyList<string> Criteria => Reach.InWords;

    public Task<IReadOnlyList<Measurement>> RunAsync(ExperimentContext context, CancellationToken cancellation) =>
        new OppositesRun<Media.Pictures.Picture>(
            new PictureModality(context.ScratchFolder, context.Threads, context.Quick), "lab-see", "lab-draw", Reach, OppositesPlan.Pictures)
        .RunAsync(
            context, static (path, pairs) => PictureSheet.Save(path, [[.. pairs.Select(static pair => pair.Generated)], [.. pairs.Select(static pair => pair.Nearest)]]),
            cancellation);
}
