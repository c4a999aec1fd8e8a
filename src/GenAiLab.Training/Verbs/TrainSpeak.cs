using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Sft;
using GenAiLab.Training.Sounds;
using GenAiLab.Training.Sounds.Hearing;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train speak</c> measured on the finished model.</summary>
/// <param name="Phrases">How many were said.</param>
/// <param name="WordErrorRate">Of what lab-listen heard; null where there is no lab-listen.</param>
/// <param name="RecordedErrorRate">Of what lab-listen heard when espeak-ng said the same with the same codec; null likewise.</param>
/// <param name="Words">How many single words were said.</param>
/// <param name="WordAgreement">Share of them that lab-hear took for what they are; null where there is no lab-hear.</param>
public sealed record SpeakingEvaluation(int Phrases, double? WordErrorRate, double? RecordedErrorRate, int Words, double? WordAgreement);

/// <summary><c>lab train speak</c>: words, then their speech as a sequence of codes → a model folder that speaks.</summary>
public static class TrainSpeak
{
    private const int HeldOutLoss = 60;
    private const int TimesEachWord = 3;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="temperature">At which what is measured is said.</param>
    /// <param name="folder">The model folder, replaced file by file at the end.</param>
    /// <param name="listener">The folder of the model that listens to what is said.</param>
    /// <param name="judge">The folder of the classifier of words.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <exception cref="InvalidOperationException">espeak-ng is not installed.</exception>
    public static SpeakingEvaluation Run(
        SpeechOptions options, float temperature, string folder, string listener, string judge, string checkpoints, Action<string> say,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        say("codebook: k-means on the spectra of speech");
        var vocabulary = new SpeechVocabulary(SpeechData.Codec(options, cancellation));
        say($"speech: {options.Utterances:N0} utterances of {Voices.Speaking.Count} speakers");
        var conversations = SpeechData.ToSay(options, cancellation).Take(options.Utterances + HeldOutLoss).AsParallel().AsOrdered()
            .Select(utterance => vocabulary.Speaking(utterance.Text, vocabulary.Codec.Encode(utterance.Samples, cancellation))).ToList();
        var data = new SftData(conversations[..^HeldOutLoss], conversations[^HeldOutLoss..], [], vocabulary.Begin);
        var result = new SftTraining(options.Steps, SpeechFolder.Start(options, vocabulary), data, checkpoints).Run(progress, cancellation);

        say("evaluation: speaking, and listening to it");
        SpeechFolder.Write(folder, "speaking", result, options, vocabulary, temperature);
        var evaluation = Evaluate(options, temperature, vocabulary, result, listener, judge, cancellation);
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), Card(options, temperature, vocabulary, result, evaluation));
        BaseTraining.Forget(checkpoints);
        return evaluation;
    }

    private static SpeakingEvaluation Evaluate(
        SpeechOptions options, float temperature, SpeechVocabulary vocabulary, StageResult result, string listener, string judge, CancellationToken cancellation)
    {
        var random = new Random(StableHash.Of($"{options.Steps.Seed}|said"));
        List<string> texts = [.. Enumerable.Range(0, options.Measured).Select(_ => Phrases.Next(random))];
        List<string> words = [.. Enumerable.Repeat(SpokenWords.Content, TimesEachWord).SelectMany(static all => all)];
        double? errors = null, recorded = null, agreement = null;
        if (Listener.Open(listener) is { } model)
        {
            errors = Rate(texts, Listener.Say(result.Config, result.Weights, vocabulary, texts, temperature, options.Steps.Threads, cancellation));
            var original = new SpeechWorld(options.Steps.Seed).Speech("recorded", Voices.Steady, Phrases.Next, change: null, cancellation).Take(options.Measured).ToList();
            recorded = Rate(
                [.. original.Select(static utterance => utterance.Text)],
                [.. original.Select(utterance => vocabulary.Codec.DecodeSamples(vocabulary.Codec.Encode(utterance.Samples, cancellation)))]);

            double Rate(IReadOnlyList<string> said, IReadOnlyList<float[]> sounds) => WordErrors.Rate([.. said.Zip(
                Listener.Hear(model.Config, model.Weights, model.Vocabulary, sounds, options.Steps.Threads, cancellation))]);
        }

        if (File.Exists(Path.Combine(judge, "model.onnx")))
        {
            var sounds = Listener.Say(result.Config, result.Weights, vocabulary, words, temperature, options.Steps.Threads, cancellation);
            var heard = HearingFolder.Classify(judge, sounds);
            agreement = words.Zip(heard, static (word, probabilities) => SpokenWords.Content[Array.IndexOf(probabilities, probabilities.Max())] == word ? 1.0 : 0).Average();
        }

        return new SpeakingEvaluation(texts.Count, errors, recorded, words.Count, agreement);
    }

    private static string Card(SpeechOptions options, float temperature, SpeechVocabulary vocabulary, StageResult result, SpeakingEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-speak

            Speech from words: p(sound | words), a code at a time. The decoder is the same as for text; what its tokens mean, only the
            tokenizer knows.

            | | |
            |---|---|
            {SpeechFolder.Describe(options, vocabulary, result)}
            | Data | {options.Utterances:N0} utterances of {Voices.Speaking.Count} speakers by espeak-ng ({string.Join(", ", Voices.Speaking)}), hardly varied in pitch and speed, clean |

            ## Measured

            At temperature {temperature:0.0}, by the training command. The phrases are drawn anew from the grammar, so that short ones were learned from as well.

            | figure | value |
            |---|---|
            | Word error rate of lab-listen, which learned from other voices ({evaluation.Phrases} phrases) | {Percent(evaluation.WordErrorRate)} |
            | The same where espeak-ng speaks through the codec, a bound of what can be had | {Percent(evaluation.RecordedErrorRate)} |
            | Single words that lab-hear takes for what they are ({evaluation.Words}) | {Percent(evaluation.WordAgreement)} |

            ![Loss curve](curves.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train speak --seed {options.Steps.Seed} --threads {options.Steps.Threads} --steps {options.Steps.Steps}

            espeak-ng must be installed, and lab-listen and lab-hear must be there, which rate what is said.

            ## Limits

            It says {SpokenWords.All.Count} words, in phrases of one to six and at most 4 seconds; a word that it does not know is one and the same unknown word
            to it. It sounds like a vocoder of the thirties, because that is what its codes are made of.

            """);

    private static string Percent(double? share) => share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{100 * known:0.0} %") : "not measured";
}
