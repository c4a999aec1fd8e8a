using System.Globalization;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Base;
using GenAiLab.Training.Chat;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Practice;
using GenAiLab.Training.Serving;
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

/// <summary><c>lab train speak</c>: words, then their speech as a sequence of codes → practice → a model folder that speaks.</summary>
public static class TrainSpeak
{
    private const int HeldOutLoss = 60;
    private const int TimesEachWord = 3;

    /// <summary>Runs the whole verb, or goes on with an interrupted one.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="pretrained">A folder that such a run wrote, to go on from where its practice ended; null: begin with the first stage.</param>
    /// <param name="temperature">At which what is measured is said.</param>
    /// <param name="folder">The model folder, replaced as a whole at the end.</param>
    /// <param name="listener">The folder of the model that listens to what is said.</param>
    /// <param name="judge">The folder of the classifier of words.</param>
    /// <param name="checkpoints">Where the run keeps its state until it is finished.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="cancellation">Interrupts; the checkpoint is kept.</param>
    /// <exception cref="InvalidOperationException">espeak-ng is not installed.</exception>
    /// <exception cref="ModelFolderException">The folder to go on from is of another run.</exception>
    public static SpeakingEvaluation Run(
        SpeakerOptions options, string? pretrained, float temperature, string folder, string listener, string judge, string checkpoints, Action<string> say,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var speaking = options.Speaking;
        say("codebook: k-means on the spectra of speech");
        var vocabulary = new SpeechVocabulary(SpeechData.Codec(speaking, cancellation));
        var practice = new SpeechPractice(options, vocabulary, checkpoints);
        say($"speech: {speaking.Utterances:N0} utterances of {Voices.Speaking.Count} speakers");
        var speech = SpeechData.ToSay(speaking, cancellation).Take(speaking.Utterances + HeldOutLoss).AsParallel().AsOrdered()
            .Select(utterance => (Codes: (IReadOnlyList<int>)vocabulary.Codec.Encode(utterance.Samples, cancellation), utterance.Text)).ToList();
        var (first, practised) = pretrained is null
            ? (new SftTraining(speaking.Steps, SpeechFolder.Start(speaking, vocabulary), Data(vocabulary, speech), checkpoints).Run(progress, cancellation), [])
            : SpeechFolder.Read(pretrained, speaking, options.Practice);
        var record = new PracticeRecord(first.Weights, practised);
        if (practised.Count == 0)
        {
            say("critic: learning to hear the words in the same speech");
            var critic = practice.LearnToListen(speech[..^HeldOutLoss], progress, cancellation);
            say($"practice: {options.Practice.Prompts} × {options.Practice.Group} attempts a step at {options.Tasks:N0} phrases");
            var result = practice.Run(first, critic, progress, cancellation);
            record = new PracticeRecord(result.Weights, [PracticeRound.Of(options.Practice, result)]);
        }

        say("evaluation: speaking, and listening to it");
        using var staged = StagedFolder.CopyOf(folder, checkpoints);
        SpeechFolder.Write(staged.Path, "speaking", first, speaking, vocabulary, temperature, record);
        var before = practised.Count == record.Rounds.Count ? null : Evaluate(speaking, temperature, vocabulary, first, listener, judge, cancellation);
        var after = Evaluate(speaking, temperature, vocabulary, first with { Weights = record.Weights }, listener, judge, cancellation);
        AtomicFile.WriteText(Path.Combine(staged.Path, "README.md"), Card(options, temperature, vocabulary, first, practised.Count, record, before, after));
        staged.Commit();
        practice.Forget();
        BaseTraining.Forget(checkpoints);
        return after;
    }

    private static SftData Data(SpeechVocabulary vocabulary, List<(IReadOnlyList<int> Codes, string Text)> speech)
    {
        List<TokenizedConversation> conversations = [.. speech.Select(said => vocabulary.Speaking(said.Text, said.Codes))];
        return new SftData(conversations[..^HeldOutLoss], conversations[^HeldOutLoss..], [], vocabulary.Begin);
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

    private static string Card(
        SpeakerOptions options, float temperature, SpeechVocabulary vocabulary, StageResult first, int practised, PracticeRecord practice,
        SpeakingEvaluation? before, SpeakingEvaluation after) =>
        string.Create(CultureInfo.InvariantCulture, $"""
            # lab-speak

            Speech from words: p(sound | words), a code at a time. The decoder is the same as for text; what its tokens mean, only the
            tokenizer knows.

            | | |
            |---|---|
            {SpeechFolder.Describe(options.Speaking, vocabulary, first)}
            | Practice | {GeneratorCard.Practice(practice.Rounds[0], "phrases", "the words in the speech that it learned from", "words understood")} |
            | Data | {options.Speaking.Utterances:N0} utterances of {Voices.Speaking.Count} speakers by espeak-ng ({string.Join(", ", Voices.Speaking)}), hardly varied in pitch and speed, clean |

            ## Measured

            At temperature {temperature:0.0}, by the training command. The phrases are drawn anew from the grammar, so that short ones were learned from as well.

            {GeneratorCard.Header(practised, practice.Rounds.Count)}
            | Word error rate of lab-listen, which learned from other voices ({after.Phrases} phrases) | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.WordErrorRate))} |
            | The same where espeak-ng speaks through the codec | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.RecordedErrorRate))} |
            | Single words that lab-hear takes for what they are ({after.Words}) | {GeneratorCard.Columns(before, after, static one => GeneratorCard.Percent(one.WordAgreement))} |

            Words that it says, as spectra, above the training example nearest to each (`lab experiment run opposites-sounds --figures FOLDER`):

            ![Words and their nearest training examples](../../docs/opposites-words.png)

            ![Loss curve](curves.png)

            ![Practice](practice.png)

            ## Reproduce

                dotnet run --project src/GenAiLab.Cli -c Release -- train speak --seed {options.Speaking.Steps.Seed} --threads {options.Speaking.Steps.Threads} --steps {options.Speaking.Steps.Steps}

            espeak-ng must be installed, and lab-listen and lab-hear must be there, which rate what is said.

            ## Limits

            It says {SpokenWords.All.Count} words, in phrases of one to six and at most 4 seconds; a word that it does not know is one and the same unknown word
            to it. It sounds like a vocoder of the thirties, because that is what its codes are made of.

            """);
}
