using GenAiLab.Media;
using GenAiLab.Media.Sounds;
using GenAiLab.Training.Autodiff;
using GenAiLab.Training.Sounds;
using GenAiLab.Training.Sounds.Hearing;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.Training.Verbs;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace GenAiLab.Training.Tests.Sounds;

/// <summary>What is spoken, how it sounds, and that the verbs end in folders that answer.</summary>
public sealed class SpeechTests
{
    [Fact]
    public void Phrases_have_one_to_six_words_that_are_all_known()
    {
        var random = new Random(1);
        var phrases = Enumerable.Range(0, 5_000).Select(_ => Phrases.Next(random)).ToList();
        Assert.All(phrases, static phrase => Assert.InRange(phrase.Split(' ').Length, 1, 6));
        Assert.Equal(SpokenWords.All, phrases.SelectMany(static phrase => phrase.Split(' ')).Distinct().Order(StringComparer.Ordinal));
        Assert.True(SpokenWords.Content.Count >= 60);
    }

    [Fact]
    public void Held_out_speakers_are_no_others() => Assert.Empty(Voices.HeldOut.Intersect(Voices.Training.Concat(Voices.Speaking)));

    [Theory]
    [InlineData("seven black cats", "seven black cats", 0)]
    [InlineData("seven black cats", "seven cats", 1)]
    [InlineData("seven black cats", "seven big black cats", 1)]
    [InlineData("seven black cats", "six black cat", 2)]
    [InlineData("seven black cats", "", 3)]
    public void Word_errors_are_the_fewest_changes(string said, string heard, int errors) => Assert.Equal(errors, WordErrors.Count(said, heard));

    [Fact]
    public void What_is_learned_is_the_words_when_listening_and_the_sound_when_speaking()
    {
        var vocabulary = new SpeechVocabulary(Codec());
        int[] codes = [0, vocabulary.Codec.CodeCount - 1];

        var listening = vocabulary.Listening(codes, "two cats");
        Assert.Equal([vocabulary.Begin, vocabulary.Sound, vocabulary.FirstCode, vocabulary.Size - 1, vocabulary.End], listening.Ids[..5]);
        Assert.Equal([false, false, false, false, false, true, true, true], listening.Answered);
        Assert.Equal("two cats", vocabulary.Text(listening.Ids[5..]));

        var speaking = vocabulary.Speaking("two mammoths", codes);
        Assert.Equal([false, false, false, false, true, true, true], speaking.Answered);
        Assert.Equal(vocabulary.Unknown, speaking.Ids[2]);
        Assert.Equal(codes, vocabulary.Codes(speaking.Ids[4..]));
        Assert.Equal(vocabulary.End, speaking.Ids[^1]);
    }

    [Fact]
    public void The_graph_sees_in_samples_what_a_fourier_transform_does()
    {
        var graph = new TensorGraph();
        graph.Output("bands", LogMelGraph.Emit(graph, graph.Input("samples", 1, LogMelGraph.Samples), batch: 1));
        using var session = new InferenceSession(graph.Onnx.Build().ToByteArray());
        var random = new Random(3);
        float[] samples = [.. Enumerable.Range(0, LogMelGraph.Samples).Select(at => (float)((0.3 * Math.Sin(2 * Math.PI * 900 * at / SoundCodec.Rate)) + (0.02 * (random.NextDouble() - 0.5))))];
        using var value = OrtValue.CreateTensorValueFromMemory(samples, [1, samples.Length]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["samples"], [value], ["bands"]);
        var bands = outputs[0].GetTensorDataAsSpan<float>();

        var mel = new MelBands(LogMelGraph.Bands, 512, SoundCodec.Rate, 60, 7_600);
        const int moment = 40;
        double[] expected = [.. mel.Weights.Select(weights => 0.2 * Math.Log(weights.Take(249).Select((weight, frequency) => weight * Power(frequency)).Sum() + 1e-7))];
        for (var band = 1; band < LogMelGraph.Bands; band++)
        {
            // Up to the mean, which is taken away.
            Assert.Equal(expected[band] - expected[0], bands[(band * LogMelGraph.Moments) + moment] - bands[moment], 1e-3);
        }

        double Power(int frequency)
        {
            var sum = System.Numerics.Complex.Zero;
            for (var at = 0; at < 400; at++)
            {
                var weight = (0.5 - (0.5 * Math.Cos(2 * Math.PI * (at + 0.5) / 400))) / 20;
                sum += samples[(moment * 200) + at] * weight * System.Numerics.Complex.FromPolarCoordinates(1, -2 * Math.PI * frequency * at / 512);
            }

            return (sum * System.Numerics.Complex.Conjugate(sum)).Real;
        }
    }

    [Fact]
    public void The_same_seed_says_the_same()
    {
        SkipWithoutEspeak();
        var (first, again) = (Speech(), Speech());
        Assert.Equal(first.Select(static utterance => utterance.Text), again.Select(static utterance => utterance.Text));
        Assert.All(first.Zip(again), static pair => Assert.Equal(pair.First.Samples, pair.Second.Samples));
        Assert.All(first, static utterance => Assert.InRange(utterance.Samples.Length, SoundCodec.Rate / 20, 5 * SoundCodec.Rate));

        static List<Utterance> Speech() => [.. new SpeechWorld(7).Speech(
            "test", static random => Voices.Any(Voices.HeldOut, random), Phrases.Next, change: null, TestContext.Current.CancellationToken).Take(50)];
    }

    [Fact]
    [Trait("Soak", "Training")]
    public void Small_models_are_trained_and_measured_and_their_folders_say_what_they_are()
    {
        SkipWithoutEspeak();
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GENAILAB_SOAK") == "1", "takes minutes: runs with GENAILAB_SOAK=1");
        var models = Directory.CreateTempSubdirectory();
        try
        {
            var (hear, listen, speak) = (Path.Combine(models.FullName, "hear"), Path.Combine(models.FullName, "listen"), Path.Combine(models.FullName, "speak"));
            var cancellation = TestContext.Current.CancellationToken;
            var options = SpeechOptions.Smoke with { Steps = SpeechOptions.Smoke.Steps with { Steps = 4, Threads = 1 } };

            Assert.Equal(40, TrainHear.Run(HearingOptions.Smoke with { Threads = 1 }, hear, static _ => { }, null, cancellation).Words);
            Assert.True(TrainListen.Run(options, listen, Path.Combine(listen, ".training"), static _ => { }, null, cancellation).WordErrorRate > 0);
            var evaluation = TrainSpeak.Run(SpeakerOptions.Smoke.With(seed: 1, threads: 1, steps: 4), null, 0.6f, speak, listen, hear, Path.Combine(speak, ".training"), static _ => { }, null, cancellation);

            Assert.NotNull(evaluation.WordErrorRate);
            Assert.NotNull(evaluation.WordAgreement);
            Assert.Contains("practice", File.ReadAllText(Path.Combine(speak, "training.json")), StringComparison.Ordinal);
            Assert.Equal(File.ReadAllText(Path.Combine(listen, MediaCodecFile.FileName)), File.ReadAllText(Path.Combine(speak, MediaCodecFile.FileName)));
            Assert.All(new[] { hear, listen, speak }, static folder => Assert.Contains("## Limits", File.ReadAllText(Path.Combine(folder, "README.md")), StringComparison.Ordinal));
        }
        finally
        {
            models.Delete(recursive: true);
        }
    }

    private static SoundCodec Codec()
    {
        var random = new Random(2);
        return new SoundCodec(EnvelopeCodebook.Learn([[.. Enumerable.Range(0, SoundCodec.Rate).Select(_ => (float)(random.NextDouble() - 0.5))]], codes: 8, seed: 1, rounds: 1));
    }

    private static void SkipWithoutEspeak() => Assert.SkipUnless(SpeechSynthesizer.Obstacle is null, SpeechSynthesizer.Obstacle ?? "");
}
