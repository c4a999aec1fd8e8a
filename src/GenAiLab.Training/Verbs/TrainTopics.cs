using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;
using GenAiLab.Training.Classification;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train topics</c> measured on the finished classifier, through the graph that is served.</summary>
/// <param name="HeldOutAccuracy">Share of held-out sentences with the right label first.</param>
/// <param name="HeldOutSentences">How many.</param>
/// <param name="CalibrationError">Expected calibration error, 10 bins (Guo et al. 2017, arXiv:1706.04599).</param>
public sealed record TopicEvaluation(double HeldOutAccuracy, int HeldOutSentences, double CalibrationError);

/// <summary><c>lab train topics</c>: the topic of a sentence, trained on the sentences of the lab world.</summary>
public static class TrainTopics
{
    private const int CalibrationBins = 10;

    /// <summary>Runs the whole verb.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="vocabularyFolder">The folder whose tokenizer.json the classifier shares.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is written.</param>
    public static TopicEvaluation Run(
        TextClassifierOptions options, string vocabularyFolder, string folder, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var tokenizer = ByteLevelBpe.Load(Path.Combine(vocabularyFolder, "tokenizer.json"));
        var examples = new LabWorld(options.Seed).TopicExamples;
        string[] labels = [.. examples.Train.Select(static example => example.Label).Distinct().Order(StringComparer.Ordinal)];
        var training = new TextClassifierTraining(options, tokenizer.VocabularySize, labels.Length);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var weights = training.Run([.. examples.Train.Select(Labelled)], progress, cancellation);
        var seconds = watch.Elapsed.TotalSeconds;

        using var staged = StagedFolder.CopyOf(folder);
        TextClassifierFolder.Write(staged.Path, training.ServingGraph(weights), tokenizer, labels, options, "topic");
        var evaluation = Evaluate(staged.Path, [.. examples.HeldOut.Select(Labelled)], options.Length);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, labels, examples.Train.Count, seconds, evaluation));
        staged.Commit();
        return evaluation;

        LabelledTokens Labelled((string Text, string Label) example) => new(tokenizer.EncodeIds(example.Text), Array.IndexOf(labels, example.Label));
    }

    internal static TopicEvaluation Evaluate(string folder, IReadOnlyList<LabelledTokens> heldOut, int length)
    {
        var bins = new (int Count, int Right, double Confidence)[CalibrationBins];
        var answers = TextClassifierFolder.Classify(folder, heldOut.Select(static example => example.Ids), length);
        foreach (var (example, probabilities) in heldOut.Zip(answers))
        {
            var best = Array.IndexOf(probabilities, probabilities.Max());
            ref var bin = ref bins[Math.Min(CalibrationBins - 1, (int)(probabilities[best] * CalibrationBins))];
            bin = (bin.Count + 1, bin.Right + (best == example.Label ? 1 : 0), bin.Confidence + probabilities[best]);
        }

        return new TopicEvaluation(
            bins.Sum(static bin => bin.Right) / (double)heldOut.Count, heldOut.Count,
            bins.Sum(static bin => Math.Abs(bin.Right - bin.Confidence)) / heldOut.Count);
    }

    private static string Card(TextClassifierOptions options, string[] labels, int examples, double seconds, TopicEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-topics

            The discriminative direction: p(topic | sentence). The mean of {options.Width}-wide token embeddings, one hidden
            layer of {options.Hidden}, a softmax over {labels.Length} labels: {string.Join(", ", labels)}. Word order is not seen.

            | figure | value |
            |---|---|
            | Accuracy on held-out sentences ({evaluation.HeldOutSentences:N0}) | {100 * evaluation.HeldOutAccuracy:0.00} % |
            | Expected calibration error, 10 bins | {evaluation.CalibrationError:0.0000} |
            | Training | {examples:N0} sentences of the lab world, {options.Steps:N0} steps of {options.BatchSize}, {seconds:0} s on {options.Threads} threads |

            Input: token ids of its own tokenizer.json (that of lab-base), at most {options.Length}.

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train topics --seed {options.Seed} --threads {options.Threads}

            """);
}
