using GenAiLab.Media.Sounds;

namespace GenAiLab.Training.Sounds.Speech;

/// <summary>What models that listen and speak learn from and are measured by.</summary>
internal static class SpeechData
{
    // A quarter of a second before and after is as much as the longest phrase leaves room for.
    private const int Silence = SoundCodec.Rate / 4;
    private const int CodebookRounds = 10;

    /// <summary>The codebook of both, so that what one says the other can hear code by code.</summary>
    public static SoundCodec Codec(SpeechOptions options, CancellationToken cancellation) => new(EnvelopeCodebook.Learn(
        new SpeechWorld(options.Steps.Seed).Speech("codebook", static random => Voices.Any(Voices.Training, random), Phrases.Next, Around, cancellation)
            .Take(options.CodebookUtterances).Select(static utterance => utterance.Samples),
        options.Envelopes, options.Steps.Seed, CodebookRounds));

    /// <summary>Speech of many voices, with noise.</summary>
    public static IEnumerable<Utterance> ToHear(SpeechOptions options, CancellationToken cancellation) =>
        Short(new SpeechWorld(options.Steps.Seed).Speech("listen", static random => Voices.Any(Voices.Training, random), Phrases.Next, Around, cancellation));

    /// <summary>Speech of voices that no model learns from, with noise.</summary>
    public static IEnumerable<Utterance> HeldOut(SpeechOptions options, CancellationToken cancellation) =>
        Short(new SpeechWorld(options.Steps.Seed).Speech("held out", static random => Voices.Any(Voices.HeldOut, random), Phrases.Next, Around, cancellation));

    /// <summary>Speech of few voices, clean.</summary>
    public static IEnumerable<Utterance> ToSay(SpeechOptions options, CancellationToken cancellation) =>
        Short(new SpeechWorld(options.Steps.Seed).Speech("speak", Voices.Steady, Phrases.Next, change: null, cancellation));

    private static float[] Around(float[] speech, Random random) => Surroundings.Add(speech, random, Silence, Silence);

    private static IEnumerable<Utterance> Short(IEnumerable<Utterance> utterances) =>
        utterances.Where(static utterance => utterance.Samples.Length <= SoundCodec.MaximumFrames * SoundCodec.Rate / 40);
}
