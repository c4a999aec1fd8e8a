using GenAiLab.Experiments.Experiments;
using GenAiLab.Experiments.Goodhart;
using GenAiLab.Experiments.Hallucination;
using GenAiLab.Experiments.Objective;
using GenAiLab.Experiments.Opposites.Films;
using GenAiLab.Experiments.Opposites.Pictures;
using GenAiLab.Experiments.Opposites.Sounds;
using GenAiLab.Experiments.Scale;

namespace GenAiLab.Experiments;

/// <summary>All experiments, in the order in which the lesson makes its claims.</summary>
public static class ExperimentCatalog
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<IExperiment> All { get; } =
    [
        new NextTokenExperiment(),
        new LoopExperiment(),
        new ObjectiveExperiment(),
        new TokensExperiment(),
        new WindowExperiment(),
        new StagesExperiment(),
        new HelpfulHarmlessHonestExperiment(),
        new GoodhartExperiment(),
        new StatelessExperiment(),
        new ProbabilisticExperiment(),
        new FrozenExperiment(),
        new ConfidentlyWrongExperiment(),
        new WhyItHallucinates(),
        new CalibrationExperiment(),
        new SnapshotExperiment(),
        new ScaleExperiment(),
        new PictureOpposites(),
        new SoundOpposites(),
        new FilmOpposites(),
    ];

    /// <summary>The experiment of that name.</summary>
    /// <exception cref="ExperimentException">There is none; the message names those that there are.</exception>
    public static IExperiment Find(string name) =>
        All.FirstOrDefault(experiment => experiment.Name == name)
        ?? throw new ExperimentException($"there is no experiment '{name}'; there are {string.Join(", ", All.Select(static experiment => experiment.Name))}");

    /// <summary>The experiment of that name, or those of a group, whose names begin with the group's and a hyphen.</summary>
    /// <exception cref="ExperimentException">There is none.</exception>
    public static IReadOnlyList<IExperiment> FindAll(string name)
    {
        var group = name + "-";
        List<IExperiment> several = [.. All.Where(experiment => experiment.Name.StartsWith(group, StringComparison.Ordinal))];
        return several.Count > 0 && All.All(experiment => experiment.Name != name) ? several : [Find(name)];
    }
}
