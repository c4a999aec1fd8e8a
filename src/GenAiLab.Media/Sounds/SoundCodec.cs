using System.Text.Json.Nodes;
using GenAiLab.Models.Folders;

namespace GenAiLab.Media.Sounds;

/// <summary>
/// Sounds as codes, two for every 25 ms: one for the spectrum's envelope, then one for level and pitch. A WAV of another rate is
/// resampled; what is written is a WAV of 16,000 samples a second, made by a <see cref="Vocoder"/>: understood, not the same wave.
/// Ids of both kinds are apart, so that every sequence of codes can be decoded: an envelope begins a frame, and what a frame lacks it has
/// from the one before.
/// </summary>
/// <param name="envelopes">The envelopes; their codes come first.</param>
public sealed class SoundCodec(EnvelopeCodebook envelopes) : IMediaCodec
{
    /// <summary>What codec.json calls it.</summary>
    public const string FileKind = "sound-frames";

    /// <summary>Samples a second.</summary>
    public const int Rate = SpeechAnalysis.Rate;

    /// <summary>Levels that are told apart, 4 dB from one to the next; the first is silence.</summary>
    public const int Levels = 16;

    /// <summary>Pitches that are told apart, the first for no voice.</summary>
    public const int Pitches = 16;

    /// <summary>Frames of the longest sound: 4 seconds.</summary>
    public const int MaximumFrames = 160;

    private const int CodesPerFrame = 2;
    private const int MaximumEnvelopes = 4_096;
    private const double LoudestLevel = 0;
    private const double LevelStep = 4;
    private static readonly double PitchRatio = Math.Pow(PitchTracker.Highest / PitchTracker.Lowest, 1.0 / (Pitches - 2));

    /// <inheritdoc/>
    public MediaKind Kind => MediaKind.Sound;

    /// <inheritdoc/>
    public string ContentType => "audio/wav";

    /// <inheritdoc/>
    public int CodeCount => envelopes.Count + (Levels * Pitches);

    /// <inheritdoc/>
    public int MinimumLength => CodesPerFrame;

    /// <inheritdoc/>
    public int MaximumLength => CodesPerFrame * MaximumFrames;

    /// <summary>Reads what <see cref="Settings"/> wrote.</summary>
    /// <exception cref="ModelFolderException">It says what cannot be.</exception>
    public static SoundCodec FromFile(FolderJson file)
    {
        _ = file.Number("rate", Rate, Rate);
        _ = file.Number("frame", SpeechAnalysis.Frame, SpeechAnalysis.Frame);
        _ = file.Number("bands", SpeechAnalysis.Bands, SpeechAnalysis.Bands);
        _ = file.Number("levels", Levels, Levels);
        _ = file.Number("pitches", Pitches, Pitches);
        var steps = file.Bytes("envelopes", MaximumEnvelopes * SpeechAnalysis.Bands);
        return steps.Length == 0 || steps.Length % SpeechAnalysis.Bands != 0
            ? throw file.Refuse("envelopes", $"must be envelopes of {SpeechAnalysis.Bands} bytes")
            : new SoundCodec(new EnvelopeCodebook(steps));
    }

    /// <summary>What codec.json says of it.</summary>
    public JsonObject Settings() => new()
    {
        ["kind"] = FileKind,
        ["rate"] = Rate,
        ["frame"] = SpeechAnalysis.Frame,
        ["bands"] = SpeechAnalysis.Bands,
        ["levels"] = Levels,
        ["pitches"] = Pitches,
        ["envelopes"] = Convert.ToBase64String(envelopes.ToBytes()),
    };

    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<byte> media, CancellationToken cancellation)
    {
        var sound = WavFile.Read(media, (double)MaximumFrames * SpeechAnalysis.Frame / Rate);
        return Encode(SoundResampler.Resample(sound, Rate, cancellation), cancellation);
    }

    /// <summary>The codes of samples at <see cref="Rate"/>; what exceeds the longest sound is left out.</summary>
    public int[] Encode(ReadOnlySpan<float> samples, CancellationToken cancellation) =>
        [.. SpeechAnalysis.Run(samples[..Math.Min(samples.Length, MaximumFrames * SpeechAnalysis.Frame)], cancellation)
            .SelectMany(frame => (int[])[envelopes.Nearest(frame.Envelope), envelopes.Count + (LevelOf(frame) * Pitches) + PitchOf(frame)])];

    /// <inheritdoc/>
    public byte[] Decode(IReadOnlyList<int> codes) => WavFile.Write(new Sound(DecodeSamples(codes), Rate));

    /// <summary>The samples of codes, at <see cref="Rate"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is none, or there are more than <see cref="MaximumLength"/>.</exception>
    public float[] DecodeSamples(IReadOnlyList<int> codes) => codes.Count == 0 ? [] : Vocoder.Run(Frames(codes));

    private List<SpeechFrame> Frames(IReadOnlyList<int> codes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(codes.Count, MaximumLength);
        var (frames, envelope, tone) = (new List<SpeechFrame>(), 0, 0);
        for (var at = 0; at < codes.Count; at++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(codes[at]);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(codes[at], CodeCount);
            if (codes[at] >= envelopes.Count)
            {
                tone = codes[at] - envelopes.Count;
            }
            else
            {
                envelope = codes[at];
                if (at + 1 < codes.Count && codes[at + 1] >= envelopes.Count && codes[at + 1] < CodeCount)
                {
                    tone = codes[++at] - envelopes.Count;
                }
            }

            frames.Add(new SpeechFrame(envelopes[envelope], LoudestLevel - ((Levels - 1 - (tone / Pitches)) * LevelStep), PitchAt(tone % Pitches)));
        }

        return frames;
    }

    private static int LevelOf(SpeechFrame frame) =>
        Math.Clamp(Levels - 1 + (int)Math.Round((frame.Level - LoudestLevel) / LevelStep), 0, Levels - 1);

    private static int PitchOf(SpeechFrame frame) =>
        frame.Pitch == 0 || LevelOf(frame) == 0 ? 0 : 1 + Math.Clamp((int)Math.Round(Math.Log(frame.Pitch / PitchTracker.Lowest, PitchRatio)), 0, Pitches - 2);

    private static double PitchAt(int pitch) => pitch == 0 ? 0 : PitchTracker.Lowest * Math.Pow(PitchRatio, pitch - 1);
}
