using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Films;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Seeing;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train watch</c> measured on the finished classifier, through the graph that is served.</summary>
/// <param name="Accuracy">Share of held-out clips with the right label first.</param>
/// <param name="Clips">How many.</param>
/// <param name="Least">The label that is recognised least.</param>
/// <param name="LeastAccuracy">The share of it.</param>
public sealed record WatchingEvaluation(double Accuracy, int Clips, string Least, double LeastAccuracy);

/// <summary><c>lab train watch</c>: what a film shows and how it moves, learned from films of the lab world.</summary>
public static class TrainWatch
{
    private const int Stream = 1;
    private const int Evaluated = 2_000;

    /// <summary>Runs the whole verb.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is written.</param>
    public static WatchingEvaluation Run(SeeingOptions options, string folder, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (world, labels) = (new FilmWorld(options.Seed), Director.Labels);
        var training = new SeeingTraining(options, labels, Motions.Frames);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var weights = training.Run(
            world.Training(Stream).Select(clip => new LabelledPicture(clip.Frames, TrainSee.IndexOf(labels, clip.Plot.Label))), progress, cancellation);
        var seconds = watch.Elapsed.TotalSeconds;

        using var staged = StagedFolder.CopyOf(folder);
        SeeingFolder.Write(staged.Path, training.ServingGraph(weights), labels, Motions.Frames);
        var evaluation = Evaluate(staged.Path, [.. world.HeldOut().Take(Evaluated)]);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, training.ParameterCount, seconds, evaluation));
        staged.Commit();
        return evaluation;
    }

    internal static WatchingEvaluation Evaluate(string folder, IReadOnlyList<Clip> clips)
    {
        var answers = SeeingFolder.Classify(folder, clips.Select(static clip => clip.Frames), Motions.Frames);
        var right = clips.Zip(answers, static (clip, probabilities) => (clip.Plot.Label, IsRight: Best(probabilities) == clip.Plot.Label ? 1.0 : 0)).ToList();
        var least = right.GroupBy(static answer => answer.Label).Select(static label => (label.Key, Share: label.Average(static answer => answer.IsRight)))
            .OrderBy(static label => label.Share).ThenBy(static label => label.Key, StringComparer.Ordinal).First();
        return new WatchingEvaluation(right.Average(static answer => answer.IsRight), right.Count, least.Key, least.Share);
    }

    /// <summary>The label of the highest probability.</summary>
    internal static string Best(float[] probabilities) => Director.Labels[Array.IndexOf(probabilities, probabilities.Max())];

    private static string Card(SeeingOptions options, int parameters, double seconds, WatchingEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-watch

            The discriminative direction for films: p(thing and motion | film). The {Motions.Frames} frames are the channels of one picture, over which go
            {options.Widths.Count} layers of 3 × 3 convolutions with {string.Join(", ", options.Widths)} channels, each halving the sides, and a softmax over {Director.Labels.Count} labels, such as "{Director.Labels[0]}". {parameters:N0} parameters.

            | figure | value |
            |---|---|
            | Accuracy on held-out films ({evaluation.Clips:N0}) | {100 * evaluation.Accuracy:0.00} % |
            | Label that is recognised least | {evaluation.Least}, {100 * evaluation.LeastAccuracy:0.0} % |
            | Training | {options.Steps:N0} steps of {options.BatchSize} films, each shot once, {seconds:0} s on {options.Threads} threads |

            Things: {string.Join(", ", Director.Kinds)}. Motions: {string.Join(", ", Motions.All)}; not every thing has each.

            Input: `pixel_values` [1, {Motions.Frames}, 3, {Artist.Side}, {Artist.Side}] as preprocessor_config.json says (the convention of VideoMAE); other films are scaled
            to that, and give as many frames, evenly spread.

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train watch --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It knows the films of the lab world and nothing else: any other film gets a label too, and a confident one.

            """);
}
