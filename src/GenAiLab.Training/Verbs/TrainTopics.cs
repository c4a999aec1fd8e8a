using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;
using GenAiLab.Training.Topics;
using GenAiLab.Training.World;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

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
    /// <param name="folder">The model folder to write.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is written.</param>
    public static TopicEvaluation Run(
        TopicTrainingOptions options, string vocabularyFolder, string folder, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var tokenizer = ByteLevelBpe.Load(Path.Combine(vocabularyFolder, "tokenizer.json"));
        var examples = new LabWorld(options.Seed).TopicExamples;
        string[] labels = [.. examples.Train.Select(static example => example.Label).Distinct().Order(StringComparer.Ordinal)];
        var training = new TopicTraining(options, tokenizer.VocabularySize, labels.Length);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var weights = training.Run([.. examples.Train.Select(Labelled)], progress, cancellation);
        var seconds = watch.Elapsed.TotalSeconds;

        var graph = training.ServingGraph(weights);
        AtomicFile.Write(Path.Combine(folder, "model.onnx"), stream => graph.WriteTo(stream));
        tokenizer.Save(folder);
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), Configuration(options, tokenizer.VocabularySize, labels));
        var evaluation = Evaluate(Path.Combine(folder, "model.onnx"), [.. examples.HeldOut.Select(Labelled)], options.Length, labels.Length);
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), Card(options, labels, examples.Train.Count, seconds, evaluation));
        return evaluation;

        LabelledTokens Labelled((string Text, string Label) example) => new(tokenizer.EncodeIds(example.Text), Array.IndexOf(labels, example.Label));
    }

    internal static TopicEvaluation Evaluate(string graph, IReadOnlyList<LabelledTokens> heldOut, int length, int labels)
    {
        using var session = new InferenceSession(graph);
        using var run = new RunOptions();
        var bins = new (int Count, int Right, double Confidence)[CalibrationBins];
        foreach (var example in heldOut)
        {
            var ids = example.Ids.Take(length).Select(static id => (long)id).ToArray();
            using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
            using var maskValue = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, ids.Length).ToArray(), [1, ids.Length]);
            using var outputs = session.Run(run, ["input_ids", "attention_mask"], [idValue, maskValue], ["logits"]);
            var probabilities = new float[labels];
            System.Numerics.Tensors.TensorPrimitives.SoftMax(outputs[0].GetTensorDataAsSpan<float>(), probabilities);
            var best = Array.IndexOf(probabilities, probabilities.Max());
            ref var bin = ref bins[Math.Min(CalibrationBins - 1, (int)(probabilities[best] * CalibrationBins))];
            bin = (bin.Count + 1, bin.Right + (best == example.Label ? 1 : 0), bin.Confidence + probabilities[best]);
        }

        return new TopicEvaluation(
            bins.Sum(static bin => bin.Right) / (double)heldOut.Count, heldOut.Count,
            bins.Sum(static bin => Math.Abs(bin.Right - bin.Confidence)) / heldOut.Count);
    }

    private static string Configuration(TopicTrainingOptions options, int vocabulary, string[] labels)
    {
        var (byId, byLabel) = (new JsonObject(), new JsonObject());
        for (var at = 0; at < labels.Length; at++)
        {
            byId[at.ToString(CultureInfo.InvariantCulture)] = labels[at];
            byLabel[labels[at]] = at;
        }

        return new JsonObject
        {
            ["architectures"] = new JsonArray("GenAiLabTopicClassifier"),
            ["model_type"] = "genailab-topic-classifier",
            ["id2label"] = byId,
            ["label2id"] = byLabel,
            ["max_position_embeddings"] = options.Length,
            ["vocab_size"] = vocabulary,
            ["hidden_size"] = options.Width,
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    private static string Card(TopicTrainingOptions options, string[] labels, int examples, double seconds, TopicEvaluation evaluation) =>
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
