using GenAiLab.Media.Sounds;
using GenAiLab.Training.Sounds;
using GenAiLab.Training.Sounds.Hearing;
using GenAiLab.Training.Sounds.Speech;
using GenAiLab.V1;
using Google.Protobuf;

namespace GenAiLab.Experiments.Opposites.Sounds;

/// <summary>Single spoken words, as samples at 16,000 a second.</summary>
/// <param name="scratchFolder">Where small classifiers are kept.</param>
/// <param name="threads">Of their training.</param>
/// <param name="cancellation">Ends what espeak-ng says.</param>
internal sealed class SoundModality(string scratchFolder, int threads, CancellationToken cancellation) : IModality<float[]>
{
    // A second, which is as much as a word takes and as the classifier hears.
    private const int Frames = LogMelGraph.Samples / SpeechAnalysis.Frame;
    private const double Range = 60, HighestPitch = 400;
    private const int Times = 6, Heights = 16;
    private const int ManyExamples = 1_000;

    private readonly SpeechWorld _world = new(seed: 1);
    private int _trained;

    public string Examples => "words";

    public IReadOnlyList<string> Labels => SpokenWords.Content;

    public IReadOnlyList<(string Name, Func<float[], Prompt, bool> Has)> Attributes => [];

    public IEnumerable<Example<float[]>> Training() => SpeechData.ToSay(SpeechOptions.Speak, cancellation).Take(SpeechOptions.Speak.Utterances)
        .Where(static utterance => SpokenWords.Content.Contains(utterance.Text)).Select(ExampleOf);

    public IEnumerable<Example<float[]>> HeldOut() => _world.Speech("opposites", Voices.Steady, Phrases.Word, change: null, cancellation).Select(ExampleOf);

    /// <summary>Of voices that no model learned from, somewhere in a second, most of them with noise.</summary>
    public IEnumerable<Example<float[]>> Asked() => _world.Speech("opposites|asked", static random => Voices.Any(Voices.HeldOut, random), Phrases.Word, Placed, cancellation)
        .Select(ExampleOf);

    public float[] Real(Prompt prompt, Random random) => SpeechSynthesizer.Say(Voices.Steady(random), [prompt.Text], cancellation)[0];

    public string PromptOf(int label) => Labels[label];

    /// <summary>Power of 32 bands and the voice's pitch, each about 0 to 1, every 25 ms of a second.</summary>
    public float[] Raw(float[] medium)
    {
        var raw = new float[Frames * (SpeechAnalysis.Bands + 1)];
        foreach (var (at, frame) in SpeechAnalysis.Run(medium, CancellationToken.None).Take(Frames).Index())
        {
            var values = raw.AsSpan(at * (SpeechAnalysis.Bands + 1));
            for (var band = 0; band < SpeechAnalysis.Bands; band++)
            {
                values[band] = frame.Level <= SpeechAnalysis.Silence ? 0 : (float)(Math.Max(0, frame.Envelope[band] + frame.Level - SpeechAnalysis.Silence) / Range);
            }

            values[SpeechAnalysis.Bands] = (float)(frame.Pitch / HighestPitch);
        }

        return raw;
    }

    /// <summary>Mean power in 6 parts of the time that it takes by 16 parts of the spectrum.</summary>
    public IReadOnlyList<float[]> Features(IReadOnlyList<float[]> media, CancellationToken cancelled) =>
        [.. media.AsParallel().AsOrdered().WithCancellation(cancelled).Select(medium => Feature(Raw(medium), Math.Clamp(medium.Length / SpeechAnalysis.Frame, 1, Frames)))];

    public int[] TrainAndAsk(
        IReadOnlyList<(float[] Medium, int Label)> examples, int labels, IReadOnlyList<float[]> asked, int seed, CancellationToken cancelled)
    {
        var options = new HearingOptions { Seed = seed, Threads = threads, Steps = examples.Count < ManyExamples ? 1_000 : 2_500, Widths = [16, 32, 64, 96], LearningRate = 3e-3f };
        var training = new HearingTraining(options, labels);
        var weights = OwnThread.Run(() => training.Run([.. examples.Select(static example => new LabelledWord(example.Medium, example.Label))], null, cancelled));
        var folder = Path.Combine(scratchFolder, $"classifier-{_trained++}");
        HearingFolder.Write(folder, training.ServingGraph(weights), [.. Enumerable.Range(0, labels).Select(static label => $"{label}")]);
        return [.. HearingFolder.Classify(folder, asked).Select(static shares => Array.IndexOf(shares, shares.Max()))];
    }

    public byte[] Write(float[] medium) => WavFile.Write(new Sound(medium, SoundCodec.Rate));

    public float[] Read(ReadOnlySpan<byte> file) => WavFile.Read(file, SoundCodec.MaximumFrames).Samples;

    public ClassifyRequest Question(float[] medium) => new() { Sound = UnsafeByteOperations.UnsafeWrap(Write(medium)) };

    private static float[] Feature(float[] raw, int frames)
    {
        var sums = new float[Times * Heights];
        var counts = new int[Times];
        for (var frame = 0; frame < frames; frame++)
        {
            var time = frame * Times / frames;
            counts[time]++;
            for (var band = 0; band < SpeechAnalysis.Bands; band++)
            {
                sums[(time * Heights) + (band * Heights / SpeechAnalysis.Bands)] += raw[(frame * (SpeechAnalysis.Bands + 1)) + band];
            }
        }

        for (var at = 0; at < sums.Length; at++)
        {
            sums[at] /= Math.Max(1, counts[at / Heights]) * (SpeechAnalysis.Bands / Heights);
        }

        return sums;
    }

    private static float[] Placed(float[] word, Random random)
    {
        var second = new float[LogMelGraph.Samples];
        HearingTraining.Place(word, random, second);
        return second;
    }

    private static Example<float[]> ExampleOf(Utterance utterance) =>
        new(utterance.Samples, new Prompt(utterance.Text, Array.IndexOf([.. SpokenWords.Content], utterance.Text)));
}
