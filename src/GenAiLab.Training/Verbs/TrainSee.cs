using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Seeing;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train see</c> measured on the finished classifier, through the graph that is served.</summary>
/// <param name="Accuracy">Share of held-out drawings with the right label first.</param>
/// <param name="Drawings">How many.</param>
/// <param name="ByKind">The same by kind.</param>
public sealed record SeeingEvaluation(double Accuracy, int Drawings, IReadOnlyDictionary<string, double> ByKind);

/// <summary><c>lab train see</c>: what a drawing shows, learned from drawings of the lab world.</summary>
public static class TrainSee
{
    private const int Stream = 1;
    private const int Evaluated = 5_000;

    /// <summary>Runs the whole verb.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is written.</param>
    public static SeeingEvaluation Run(SeeingOptions options, string folder, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (world, labels) = (new PictureWorld(options.Seed), Artist.Kinds);
        var training = new SeeingTraining(options, labels);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var weights = training.Run(world.Training(Stream).Select(Labelled), progress, cancellation);
        var seconds = watch.Elapsed.TotalSeconds;

        using var staged = StagedFolder.CopyOf(folder);
        SeeingFolder.Write(staged.Path, training.ServingGraph(weights), labels);
        var evaluation = Evaluate(staged.Path, labels, [.. world.HeldOut().Take(Evaluated)]);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, training.ParameterCount, labels, seconds, evaluation));
        staged.Commit();
        return evaluation;

        LabelledPicture Labelled(Drawing drawing) => new([drawing.Picture], IndexOf(labels, drawing.Subject.Kind));
    }

    internal static SeeingEvaluation Evaluate(string folder, IReadOnlyList<string> labels, IReadOnlyList<Drawing> drawings)
    {
        var answers = SeeingFolder.Classify(folder, drawings.Select(static drawing => drawing.Picture));
        var right = drawings.Zip(answers, (drawing, probabilities) =>
            (drawing.Subject.Kind, IsRight: labels[Array.IndexOf(probabilities, probabilities.Max())] == drawing.Subject.Kind)).ToList();
        return new SeeingEvaluation(
            right.Average(static answer => answer.IsRight ? 1.0 : 0), right.Count,
            right.GroupBy(static answer => answer.Kind).OrderBy(static kind => kind.Key, StringComparer.Ordinal)
                .ToDictionary(static kind => kind.Key, static kind => kind.Average(static answer => answer.IsRight ? 1.0 : 0)));
    }

    internal static int IndexOf(IReadOnlyList<string> labels, string label)
    {
        for (var at = 0; at < labels.Count; at++)
        {
            if (labels[at] == label)
            {
                return at;
            }
        }

        throw new ArgumentException($"there is no label '{label}'", nameof(label));
    }

    private static string Card(SeeingOptions options, int parameters, IReadOnlyList<string> labels, double seconds, SeeingEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-see

            The discriminative direction for pictures: p(kind | drawing). {options.Widths.Count} layers of 3 × 3 convolutions with {string.Join(", ", options.Widths)}
            channels, each but the first halving the sides, and a softmax over {labels.Count} kinds: {string.Join(", ", labels)}. {parameters:N0} parameters.

            | figure | value |
            |---|---|
            | Accuracy on held-out drawings ({evaluation.Drawings:N0}) | {100 * evaluation.Accuracy:0.00} % |
            | Kind that is recognised least | {evaluation.ByKind.MinBy(static kind => kind.Value).Key}, {100 * evaluation.ByKind.Values.Min():0.0} % |
            | Training | {options.Steps:N0} steps of {options.BatchSize} drawings, each drawn once, {seconds:0} s on {options.Threads} threads |

            Input: `pixel_values` of {Artist.Side} × {Artist.Side} pixels as preprocessor_config.json says (Optimum's convention); other pictures are
            scaled to that.

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train see --seed {options.Seed} --threads {options.Threads}

            ## Limits

            It knows the drawings of the lab world and nothing else: a photograph of a cat gets a label too, and a confident one.

            """);
}
