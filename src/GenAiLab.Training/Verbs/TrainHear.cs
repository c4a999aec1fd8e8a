using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Sounds;
using GenAiLab.Training.Sounds.Hearing;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train hear</c> measured on the finished classifier, through the graph that is served.</summary>
/// <param name="Accuracy">Share of words of held-out voices, with noise, with the right label first.</param>
/// <param name="Words">How many.</param>
/// <param name="ByWord">The same by word.</param>
public sealed record HearingEvaluation(double Accuracy, int Words, IReadOnlyDictionary<string, double> ByWord);

/// <summary><c>lab train hear</c>: which word is spoken, learned from many voices.</summary>
public static class TrainHear
{
    // What a model says is codes made sound again, and sounds like it.
    private const int EveryRecoded = 3;

    /// <summary>Runs the whole verb.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; nothing is written.</param>
    /// <exception cref="InvalidOperationException">espeak-ng is not installed.</exception>
    public static HearingEvaluation Run(HearingOptions options, string folder, Action<string> say, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (world, labels) = (new SpeechWorld(options.Seed), SpokenWords.Content);
        var indices = labels.Index().ToDictionary(static label => label.Item, static label => label.Index);
        say($"speech: {options.Utterances:N0} words of {Voices.Training.Count} speakers");
        var codec = SpeechData.Codec(
            SpeechOptions.Listen with { Steps = SpeechOptions.Listen.Steps with { Seed = options.Seed }, CodebookUtterances = options.CodebookUtterances }, cancellation);
        List<LabelledWord> words = [.. world.Speech("hear", static random => Voices.Any(Voices.Training, random), Phrases.Word, change: null, cancellation)
            .Take(options.Utterances).AsParallel().AsOrdered().Select((utterance, at) =>
                new LabelledWord(at % EveryRecoded == 0 ? codec.DecodeSamples(codec.Encode(utterance.Samples, cancellation)) : utterance.Samples, indices[utterance.Text]))];
        var training = new HearingTraining(options, labels.Count);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var weights = training.Run(words, progress, cancellation);
        var seconds = watch.Elapsed.TotalSeconds;

        say("evaluation: voices that were held out");
        using var staged = StagedFolder.CopyOf(folder);
        HearingFolder.Write(staged.Path, training.ServingGraph(weights), labels);
        var heldOut = world.Speech("held-out words", static random => Voices.Any(Voices.HeldOut, random), Phrases.Word, change: null, cancellation).Take(options.Measured).ToList();
        var evaluation = Evaluate(options, staged.Path, labels, heldOut);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, training.ParameterCount, labels, seconds, evaluation));
        staged.Commit();
        return evaluation;
    }

    private static HearingEvaluation Evaluate(HearingOptions options, string folder, IReadOnlyList<string> labels, IReadOnlyList<Utterance> utterances)
    {
        var random = new Random(StableHash.Of($"{options.Seed}|held-out noise"));
        var answers = HearingFolder.Classify(folder, utterances.Select(utterance =>
        {
            var second = new float[LogMelGraph.Samples];
            HearingTraining.Place(utterance.Samples, random, second);
            return second;
        }));
        var right = utterances.Zip(answers, (utterance, probabilities) =>
            (utterance.Text, IsRight: labels[Array.IndexOf(probabilities, probabilities.Max())] == utterance.Text ? 1.0 : 0)).ToList();
        return new HearingEvaluation(
            right.Average(static answer => answer.IsRight), right.Count,
            right.GroupBy(static answer => answer.Text).ToDictionary(static word => word.Key, static word => word.Average(static answer => answer.IsRight)));
    }

    private static string Card(HearingOptions options, int parameters, IReadOnlyList<string> labels, double seconds, HearingEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-hear

            The discriminative direction for sounds: p(word | sound). {options.Widths.Count} layers of 3 × 3 convolutions with {string.Join(", ", options.Widths)} channels
            over {LogMelGraph.Bands} log-mel bands by {LogMelGraph.Moments} moments, which the graph computes itself, and a softmax over {labels.Count} words. {parameters:N0} parameters.

            | figure | value |
            |---|---|
            | Accuracy on speakers that no model learned from ({string.Join(", ", Voices.HeldOut)}; {evaluation.Words:N0} words, most with noise 15 to 45 dB below) | {100 * evaluation.Accuracy:0.00} % |
            | Words recognised least | {string.Join(", ", evaluation.ByWord.OrderBy(static word => word.Value).Take(3).Select(static word => string.Create(CultureInfo.InvariantCulture, $"{word.Key} {100 * word.Value:0} %")))} |
            | Training | {options.Steps:N0} steps of {options.BatchSize} of {options.Utterances:N0} words of {Voices.Training.Count} speakers, {seconds:0} s on {options.Threads} threads |

            Input: `input_values`, {LogMelGraph.Samples:N0} samples at {Media.Sounds.SoundCodec.Rate:N0} a second as preprocessor_config.json says (Wav2Vec2's convention).

            Words: {string.Join(", ", labels)}.

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train hear --seed {options.Seed} --threads {options.Threads} --steps {options.Steps}

            espeak-ng must be installed.

            ## Limits

            It knows words spoken by espeak-ng, one in a second: any other sound gets a label too, and a confident one. It never heard a human
            being.

            """);
}
