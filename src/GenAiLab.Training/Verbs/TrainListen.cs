using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Training.Base;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Serving;
using GenAiLab.Training.Sft;
using GenAiLab.Training.Sounds;
using GenAiLab.Training.Sounds.Speech;

namespace GenAiLab.Training.Verbs;

/// <summary>What <c>lab train listen</c> measured on the finished model.</summary>
/// <param name="Utterances">How many of held-out voices, with noise.</param>
/// <param name="WordErrorRate">Words to change for each word said.</param>
/// <param name="RightPhrases">Share of them without an error.</param>
public sealed record ListeningEvaluation(int Utterances, double WordErrorRate, double RightPhrases);

/// <summary><c>lab train listen</c>: speech as sequences of codes, then its words → a model folder that listens.</summary>
public static class TrainListen
{
    private const int HeldOutLoss = 60;

    // What another model says is codes made sound again, and sounds like it.
    private const int EveryRecoded = 3;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <exception cref="InvalidOperationException">espeak-ng is not installed.</exception>
    public static ListeningEvaluation Run(
        SpeechOptions options, string folder, string checkpoints, Action<string> say, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        say("codebook: k-means on the spectra of speech");
        var vocabulary = new SpeechVocabulary(SpeechData.Codec(options, cancellation));
        say($"speech: {options.Utterances:N0} utterances of {Voices.Training.Count} speakers");
        var heldOut = SpeechData.HeldOut(options, cancellation).Take(options.Measured).ToList();
        var data = new SftData(
            [.. SpeechData.ToHear(options, cancellation).Take(options.Utterances).AsParallel().AsOrdered().Select((utterance, at) =>
                Conversation(at % EveryRecoded == 0 ? utterance with { Samples = Recoded(utterance.Samples) } : utterance))],
            [.. heldOut.Take(HeldOutLoss).Select(Conversation)], [], vocabulary.Begin);
        var result = new SftTraining(options.Steps, SpeechFolder.Start(options, vocabulary), data, checkpoints).Run(progress, cancellation);

        say("evaluation: voices that were held out");
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        SpeechFolder.Write(staged.Path, "listening", result, options, vocabulary, temperature: null);
        var heard = Listener.Hear(result.Config, result.Weights, vocabulary, [.. heldOut.Select(static utterance => utterance.Samples)], options.Steps.Threads, cancellation);
        List<(string Said, string Heard)> phrases = [.. heldOut.Zip(heard, static (utterance, text) => (utterance.Text, text))];
        var evaluation = new ListeningEvaluation(
            phrases.Count, WordErrors.Rate(phrases), phrases.Average(static phrase => phrase.Said == phrase.Heard ? 1.0 : 0));
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, vocabulary, result, evaluation));
        staged.Commit();
        BaseTraining.Forget(checkpoints);
        return evaluation;

        Chat.TokenizedConversation Conversation(Utterance utterance) =>
            vocabulary.Listening(vocabulary.Codec.Encode(utterance.Samples, cancellation), utterance.Text);

        float[] Recoded(float[] samples) => vocabulary.Codec.DecodeSamples(vocabulary.Codec.Encode(samples, cancellation));
    }

    private static string Card(SpeechOptions options, SpeechVocabulary vocabulary, StageResult result, ListeningEvaluation evaluation) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-listen

            Words from speech: p(words | sound), a word at a time. The decoder is the same as for text; what its tokens mean, only the
            tokenizer knows.

            | | |
            |---|---|
            {SpeechFolder.Describe(options, vocabulary, result)}
            | Data | {options.Utterances:N0} utterances of {Voices.Training.Count} speakers with {Voices.Accents.Count} accents by espeak-ng, any pitch and speed, most with noise |

            ## Measured

            On {evaluation.Utterances} utterances of {Voices.HeldOut.Count} speakers that no model learned from ({string.Join(", ", Voices.HeldOut)}), most with noise 15 to 45 dB
            below the speech, the most probable word each time, by the training command.

            | figure | value |
            |---|---|
            | Word error rate | {100 * evaluation.WordErrorRate:0.0} % |
            | Phrases without an error | {100 * evaluation.RightPhrases:0.0} % |

            ![Loss curve](curves.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train listen --seed {options.Steps.Seed} --threads {options.Steps.Threads} --steps {options.Steps.Steps}

            espeak-ng must be installed.

            ## Limits

            It knows {SpokenWords.All.Count} words, spoken by espeak-ng in phrases of one to six words and at most 4 seconds, with little silence
            around. Whatever else it hears, it takes for these. It never heard a human being.

            """);
}
