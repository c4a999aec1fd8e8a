using System.Text.Json;
using GenAiLab.Media;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Media.Sounds;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Classification;
using GenAiLab.Training.Films;
using GenAiLab.Training.Films.Filming;
using GenAiLab.Training.Optimization;
using GenAiLab.Training.Pictures;
using GenAiLab.Training.Pictures.Painting;
using GenAiLab.Training.Pictures.Seeing;
using GenAiLab.Training.Rlhf;
using GenAiLab.Training.Sounds;
using GenAiLab.Training.Sounds.Hearing;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.Training.Verbs;
using GenAiLab.Training.World;

namespace GenAiLab.Training.Tests;

/// <summary>The committed models can do what their cards say.</summary>
public sealed class CommittedModelTests
{
    [Fact]
    public void The_base_model_knows_its_facts_in_wordings_that_it_never_saw()
    {
        var folder = ModelFolder("lab-base");
        var evaluation = TrainBase.Evaluate(folder, ByteLevelBpe.Load(Path.Combine(folder, "tokenizer.json")), new LabWorld(1), 0, 0);

        Assert.True(evaluation.SeenAccuracy >= 0.98, $"seen wordings: {evaluation.SeenAccuracy}");
        Assert.True(evaluation.HeldOutAccuracy >= 0.90, $"held-out wordings: {evaluation.HeldOutAccuracy}");
        Assert.True(evaluation.ParisProbability >= 0.9, $"P(Paris): {evaluation.ParisProbability}");
    }

    [Fact]
    public void The_topic_classifier_is_right_on_held_out_sentences()
    {
        var folder = ModelFolder("lab-topics");
        var tokenizer = ByteLevelBpe.Load(Path.Combine(folder, "tokenizer.json"));
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        var labels = config.RootElement.GetProperty("label2id");
        var heldOut = new LabWorld(1).TopicExamples.HeldOut
            .Select(example => new LabelledTokens(tokenizer.EncodeIds(example.Text), labels.GetProperty(example.Label).GetInt32())).ToList();
        var evaluation = TrainTopics.Evaluate(folder, heldOut, 128);

        Assert.True(evaluation.HeldOutAccuracy >= 0.98, $"{evaluation.HeldOutAccuracy}");
    }

    [Fact]
    public void The_draft_has_the_base_models_vocabulary_and_mostly_its_tokens_at_a_third_of_its_size()
    {
        var (draft, target) = (ModelFolder("lab-draft"), ModelFolder("lab-base"));
        var tokenizer = ByteLevelBpe.Load(Path.Combine(draft, "tokenizer.json"));
        var documents = new LabWorld(1).HeldOutDocuments().Select(document => (int[])[0, .. tokenizer.EncodeIds(document)]);
        var agreement = TrainDraft.Measure(draft, target, documents);

        Assert.Equal(File.ReadAllBytes(Path.Combine(target, "tokenizer.json")), File.ReadAllBytes(Path.Combine(draft, "tokenizer.json")));
        Assert.True(agreement.Greedy >= 0.82, $"{agreement.Greedy}");
        Assert.True(Size(draft) < Size(target) / 3);

        static long Size(string folder) => new FileInfo(Path.Combine(folder, "model.onnx")).Length;
    }

    [Fact]
    public void A_model_agrees_with_itself()
    {
        var agreement = TrainDraft.Measure(ModelFolder("lab-base"), ModelFolder("lab-base"), [[0, 30, 40, 50, 60, 70]]);

        Assert.Equal((1.0, 5), (agreement.Greedy, agreement.Places));
    }

    [Fact]
    public void The_guard_finds_harm_in_wordings_that_it_never_saw_and_refuses_few_others()
    {
        var folder = ModelFolder("lab-guard");
        var world = new LabWorld(1);
        var evaluation = TrainGuard.Evaluate(folder, ByteLevelBpe.Load(Path.Combine(folder, "tokenizer.json")), world, new GuardTexts(world, 1), TrainGuard.Options.Length);

        Assert.All(evaluation.Right, static kind => Assert.True(kind.Value.Share >= 0.95, $"{kind.Key}: {kind.Value.Share}"));
        Assert.True(evaluation.KeptHarmful >= 0.99 && evaluation.KeptUseful >= 0.98, $"{evaluation.KeptHarmful}, {evaluation.KeptUseful}");
    }

    [Fact]
    public void What_hears_words_knows_them_by_voices_that_it_never_heard()
    {
        Assert.SkipUnless(SpeechSynthesizer.Obstacle is null, SpeechSynthesizer.Obstacle ?? "");
        var spoken = new SpeechWorld(2).Speech(
            "committed", static random => Voices.Any(Voices.HeldOut, random), Phrases.Word, change: null, TestContext.Current.CancellationToken).Take(400).ToList();
        var heard = HearingFolder.Classify(ModelFolder("lab-hear"), spoken.Select(static utterance => utterance.Samples));

        var right = spoken.Zip(heard, static (utterance, probabilities) =>
            SpokenWords.Content[Array.IndexOf(probabilities, probabilities.Max())] == utterance.Text ? 1.0 : 0).Average();
        Assert.True(right >= 0.97, $"{right}");
    }

    [Fact]
    public void Words_are_understood_after_the_sound_codec_has_spelled_and_said_them()
    {
        Assert.SkipUnless(SpeechSynthesizer.Obstacle is null, SpeechSynthesizer.Obstacle ?? "");
        var world = new SpeechWorld(3);
        var codec = new SoundCodec(EnvelopeCodebook.Learn(Words("codebook", Voices.Training).Take(300).Select(static utterance => utterance.Samples), codes: 512, seed: 1, rounds: 4));
        var spoken = Words("spoken", Voices.HeldOut).Take(200).ToList();
        var heard = HearingFolder.Classify(ModelFolder("lab-hear"), spoken.Select(utterance =>
            codec.DecodeSamples(codec.Encode(utterance.Samples, TestContext.Current.CancellationToken))));

        var right = spoken.Zip(heard, static (utterance, probabilities) =>
            SpokenWords.Content[Array.IndexOf(probabilities, probabilities.Max())] == utterance.Text ? 1.0 : 0).Average();
        Assert.True(right >= 0.8, $"{100 * right:0.0} %");

        IEnumerable<Utterance> Words(string name, IReadOnlyList<string> speakers) =>
            world.Speech(name, random => Voices.Any(speakers, random), Phrases.Word, change: null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void What_watches_films_knows_those_that_it_never_saw()
    {
        var evaluation = TrainWatch.Evaluate(ModelFolder("lab-watch"), [.. new FilmWorld(1).HeldOut().Take(500)]);

        Assert.True(evaluation.Accuracy >= 0.95, $"{evaluation.Accuracy}; {evaluation.Least}: {evaluation.LeastAccuracy}");
    }

    [Fact]
    public void What_draws_draws_what_captions_say()
    {
        var model = LlamaFolder.Read(ModelFolder("lab-draw"));
        var vocabulary = new PaintingVocabulary((PictureCodec)MediaCodecFile.Read(ModelFolder("lab-draw"), model.Config.VocabularySize).Codec);
        var subjects = new PictureWorld(5).HeldOut().Take(64).Select(static drawing => drawing.Subject).ToList();
        List<int[]> prompts = [.. subjects.Select(subject => vocabulary.Prompt(Caption.Of(subject)))];
        using var rollouts = new Rollouts(model.Config, 32, model.Config.ContextLength, vocabulary.Begin, Environment.ProcessorCount);
        var drawn = rollouts.Generate(
            FlatParameters.Pack(model.Weights, FlatParameters.Of(model.Config)), prompts, vocabulary.Codec.MaximumLength, temperature: 1, static row => (ulong)row,
            TestContext.Current.CancellationToken).Select(rollout => vocabulary.Read(rollout.Tokens).Picture).ToList();

        var seen = SeeingFolder.Classify(ModelFolder("lab-see"), drawn);
        var right = subjects.Zip(seen, static (subject, probabilities) => Artist.Kinds[Array.IndexOf(probabilities, probabilities.Max())] == subject.Kind ? 1.0 : 0).Average();
        Assert.True(right >= 0.88, $"{right}");
    }

    [Fact]
    public void What_films_films_what_captions_say()
    {
        var model = LlamaFolder.Read(ModelFolder("lab-film"));
        var vocabulary = new FilmingVocabulary((FilmCodec)MediaCodecFile.Read(ModelFolder("lab-film"), model.Config.VocabularySize).Codec);
        var plots = new FilmWorld(5).HeldOut().Take(32).Select(static clip => clip.Plot).ToList();
        List<int[]> prompts = [.. plots.Select(plot => vocabulary.Tokens.Prompt(FilmCaption.Of(plot)))];
        using var rollouts = new Rollouts(model.Config, 32, model.Config.ContextLength, vocabulary.Tokens.Begin, Environment.ProcessorCount);
        var films = rollouts.Generate(
            FlatParameters.Pack(model.Weights, FlatParameters.Of(model.Config)), prompts, vocabulary.Codec.MaximumLength, temperature: 1, static row => (ulong)row,
            TestContext.Current.CancellationToken).Select(rollout => vocabulary.Read(rollout.Tokens).Frames).ToList();

        var seen = SeeingFolder.Classify(ModelFolder("lab-watch"), films, Motions.Frames);
        var right = plots.Zip(seen, static (plot, probabilities) => TrainWatch.Best(probabilities) == plot.Label ? 1.0 : 0).Average();

        // Without the min-p with which it is served.
        Assert.True(right >= 0.6, $"{right}");
    }

    [Fact]
    public void What_listens_writes_down_what_voices_say_that_it_never_heard()
    {
        Assert.SkipUnless(SpeechSynthesizer.Obstacle is null, SpeechSynthesizer.Obstacle ?? "");
        var (config, weights, vocabulary) = Listener.Open(ModelFolder("lab-listen"))!.Value;
        var spoken = SpeechData.HeldOut(SpeechOptions.Listen with { Steps = SpeechOptions.Listen.Steps with { Seed = 4 } }, TestContext.Current.CancellationToken).Take(80).ToList();

        var heard = Listener.Hear(config, weights, vocabulary, [.. spoken.Select(static utterance => utterance.Samples)], Environment.ProcessorCount, TestContext.Current.CancellationToken);
        var errors = WordErrors.Rate([.. spoken.Zip(heard, static (utterance, text) => (utterance.Text, text))]);
        Assert.True(errors <= 0.08, $"{errors}");
    }

    [Fact]
    public void What_speaks_is_understood_by_what_hears_words()
    {
        var (config, weights, vocabulary) = Listener.Open(ModelFolder("lab-speak"))!.Value;
        var sounds = Listener.Say(config, weights, vocabulary, SpokenWords.Content, temperature: 0.8f, Environment.ProcessorCount, TestContext.Current.CancellationToken);

        var heard = HearingFolder.Classify(ModelFolder("lab-hear"), sounds);
        var right = SpokenWords.Content.Zip(heard, static (word, probabilities) => SpokenWords.Content[Array.IndexOf(probabilities, probabilities.Max())] == word ? 1.0 : 0).Average();
        Assert.True(right >= 0.9, $"{right}");
    }

    private static string ModelFolder(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "GenAiLab.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run from within the repository");
        }

        return Path.Combine(folder.FullName, "models", name);
    }
}
