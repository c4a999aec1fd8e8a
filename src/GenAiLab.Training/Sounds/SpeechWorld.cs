using GenAiLab.Training.World;

namespace GenAiLab.Training.Sounds;

/// <summary>Something that was said.</summary>
/// <param name="Text">Its words.</param>
/// <param name="Samples">How it sounds, at 16,000 samples a second.</param>
public sealed record Utterance(string Text, float[] Samples);

/// <summary>
/// Speech of the lab world without end, from a seed. What is held out is voices: words are few, and whoever listens will know them.
/// The same seed and version of espeak-ng give the same speech.
/// </summary>
/// <param name="seed">Of everything.</param>
public sealed class SpeechWorld(int seed)
{
    private const int PhrasesPerVoice = 40;
    private const int Ahead = 16;

    /// <summary>Utterances, always in the same order.</summary>
    /// <param name="name">Which of many: others have other names.</param>
    /// <param name="voice">Who speaks.</param>
    /// <param name="phrase">What is said.</param>
    /// <param name="change">What becomes of a sound on its way; null where nothing does.</param>
    /// <param name="cancellation">Ends it.</param>
    public IEnumerable<Utterance> Speech(
        string name, Func<Random, Voice> voice, Func<Random, string> phrase, Func<float[], Random, float[]>? change, CancellationToken cancellation)
    {
        for (var batch = 0; ; batch += Ahead)
        {
            // As many voices at a time as there are processors, in order.
            foreach (var spoken in Enumerable.Range(batch, Ahead).AsParallel().AsOrdered().WithCancellation(cancellation).Select(Spoken).SelectMany(static all => all).ToList())
            {
                yield return spoken;
            }
        }

        List<Utterance> Spoken(int number)
        {
            var random = new Random(StableHash.Of($"{seed}|{name}|{number}"));
            var who = voice(random);
            List<string> phrases = [.. Enumerable.Range(0, PhrasesPerVoice).Select(_ => phrase(random))];
            return [.. SpeechSynthesizer.Say(who, phrases, cancellation).Select((samples, at) =>
                new Utterance(phrases[at], change is null ? samples : change(samples, random)))];
        }
    }
}
