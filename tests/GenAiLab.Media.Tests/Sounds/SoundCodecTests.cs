using GenAiLab.Media.Sounds;

namespace GenAiLab.Media.Tests.Sounds;

public sealed class SoundCodecTests
{
    private const int Rate = SoundCodec.Rate;
    private static readonly SoundCodec Codec = Learn();

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(210)]
    [InlineData(330)]
    public void APitchComesBack(int pitch)
    {
        var frames = Again(Voice(pitch, 0.2));

        // Steps of 14 %: half of one, and what the tracker itself errs.
        Assert.All(frames[4..^4], frame => Assert.InRange(frame.Pitch / pitch, 0.91, 1.1));
    }

    [Fact]
    public void NoiseHasNoPitch() => Assert.True(Again(Noise(0.2))[2..^2].Count(static frame => frame.Pitch == 0) > 30);

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.1)]
    [InlineData(0.4)]
    public void ALevelComesBack(double level)
    {
        foreach (var sound in new[] { Voice(140, level), Noise(level) })
        {
            var (before, after) = (SpeechAnalysis.Run(sound, TestContext.Current.CancellationToken), Again(sound));
            Assert.Equal(before.Skip(4).SkipLast(4).Average(static frame => frame.Level), after.Skip(4).SkipLast(4).Average(static frame => frame.Level), 2.5);
        }
    }

    [Fact]
    public void AnEnvelopeComesBack()
    {
        foreach (var sound in new[] { Voice(140, 0.2), Noise(0.2) })
        {
            var (before, after) = (Mean(SpeechAnalysis.Run(sound, TestContext.Current.CancellationToken)), Mean(Again(sound)));
            Assert.True(before.Zip(after, static (x, y) => (x - y) * (x - y)).Average() < 4 * 4, "the spectra are more than 4 dB apart");
        }

        static float[] Mean(IReadOnlyList<SpeechFrame> frames) =>
            [.. Enumerable.Range(0, SpeechAnalysis.Bands).Select(band => frames.Skip(4).SkipLast(4).Average(frame => frame.Envelope[band]))];
    }

    [Fact]
    public void SilenceStaysSilent()
    {
        var codes = Codec.Encode(WavFile.Write(new Sound(new float[Rate], Rate)), TestContext.Current.CancellationToken);
        Assert.Equal(2 * 40, codes.Length);
        Assert.All(Codec.DecodeSamples(codes), static sample => Assert.Equal(0, sample));
    }

    [Fact]
    public void EverySequenceOfCodesCanBeHeard()
    {
        var random = new Random(2);
        for (var length = 1; length <= Codec.MaximumLength; length += 29)
        {
            int[] codes = [.. Enumerable.Range(0, length).Select(_ => random.Next(Codec.CodeCount))];
            var sound = WavFile.Read(Codec.Decode(codes), maximumSeconds: 8);
            Assert.InRange(sound.Samples.Length, length / 2 * 400, length * 400);
        }
    }

    [Fact]
    public void HalfAFrameMoreIsAFrameMore()
    {
        var codes = Codec.Encode(WavFile.Write(new Sound(Voice(140, 0.2), Rate)), TestContext.Current.CancellationToken);
        Assert.Equal(400 * 8, Codec.DecodeSamples(codes[..15]).Length);
        Assert.Equal(400 * 7, Codec.DecodeSamples(codes[..14]).Length);
        Assert.Empty(Codec.DecodeSamples([]));
    }

    [Fact]
    public void WhatIsNoCodeIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Codec.Decode([0, Codec.CodeCount]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Codec.Decode([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Codec.Decode(new int[Codec.MaximumLength + 1]));
    }

    [Fact]
    public void TheLongestSoundFitsAndALongerOneIsRefused()
    {
        Assert.Equal(Codec.MaximumLength, Codec.Encode(WavFile.Write(new Sound(new float[4 * 44_100], 44_100)), TestContext.Current.CancellationToken).Length);
        var error = Assert.Throws<UnreadableMediaException>(() => Codec.Encode(WavFile.Write(new Sound(new float[9 * 8_000], 8_000)), TestContext.Current.CancellationToken));
        Assert.Contains("9.0 seconds; at most 4.0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheSameSoundsAndSeedGiveTheSameCodes()
    {
        Assert.Equal(Codec.Settings().ToJsonString(), Learn().Settings().ToJsonString());
        var codes = Codec.Encode(Voice(100, 0.1), TestContext.Current.CancellationToken);
        Assert.Equal(codes, Learn().Encode(Voice(100, 0.1), TestContext.Current.CancellationToken));
        Assert.Equal(Codec.Decode(codes), Learn().Decode(codes));
    }

    [Fact]
    public void TheFileHasAllOfIt()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            MediaCodecFile.Write(folder.FullName, new MediaTokens(Codec, 5, 6, 7), Codec.Settings());
            var tokens = MediaCodecFile.Read(folder.FullName, 7 + Codec.CodeCount);
            Assert.Equal((5, 6, 7, MediaKind.Sound), (tokens.BeginId, tokens.EndId, tokens.FirstCodeId, tokens.Codec.Kind));
            var wav = WavFile.Write(new Sound(Voice(100, 0.1), Rate));
            Assert.Equal(Codec.Encode(wav, TestContext.Current.CancellationToken), tokens.Codec.Encode(wav, TestContext.Current.CancellationToken));

            MediaCodecFile.Write(folder.FullName, new MediaTokens(Codec, 5, null, 7), Codec.Settings());
            Assert.Contains("end_id", Assert.Throws<Models.Folders.ModelFolderException>(() => MediaCodecFile.Read(folder.FullName, 7 + Codec.CodeCount)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void TenThousandDamagedFilesAreReadOrRefused()
    {
        byte[][] files =
        [
            WavFile.Write(new Sound(Voice(140, 0.2)[..4_000], Rate)),
            WavBytes.File([.. Enumerable.Range(0, 800).Select(static at => (byte)at)], channels: 2, rate: 48_000, bits: 24, extensible: true)[..],
            WavBytes.File([.. Enumerable.Range(0, 400).SelectMany(static at => BitConverter.GetBytes(at / 400f))], tag: 3, rate: 8_000, bits: 32, before: WavBytes.Chunk("LIST", [1, 2, 3])),
        ];
        var (random, refused, longest) = (new Random(3), 0, TimeSpan.Zero);
        for (var at = 0; at < 10_000; at++)
        {
            byte[] file = [.. files[at % files.Length]];
            for (var damage = random.Next(1, 5); damage > 0; damage--)
            {
                // Mostly in the header, where it does most harm.
                file[random.Next(4) == 0 ? random.Next(file.Length) : random.Next(80)] = random.Next(3) == 0 ? (byte)(random.Next(2) * 255) : (byte)random.Next(256);
            }

            file = random.Next(5) == 0 ? file[..random.Next(file.Length)] : file;
            var begin = System.Diagnostics.Stopwatch.GetTimestamp();
            try
            {
                var codes = Codec.Encode(file, TestContext.Current.CancellationToken);
                Assert.InRange(codes.Length, 2, Codec.MaximumLength);
            }
            catch (UnreadableMediaException)
            {
                refused++;
            }

            var elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(begin);
            longest = elapsed > longest ? elapsed : longest;
        }

        Assert.InRange(refused, 2_000, 9_900);
        Assert.True(longest < TimeSpan.FromSeconds(10), $"one took {longest}");
    }

    private static SpeechFrame[] Again(float[] sound) => [.. SpeechAnalysis.Run(Codec.DecodeSamples(Codec.Encode(sound, TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken)];

    private static SoundCodec Learn() =>
        new(EnvelopeCodebook.Learn([Voice(80, 0.2), Voice(140, 0.2), Voice(240, 0.2), Voice(330, 0.2), Noise(0.2), Noise(0.02)], codes: 48, seed: 1, rounds: 5));

    // A second of a vowel: pulses through a resonance at 700 Hz and one at 1,800.
    private static float[] Voice(double pitch, double level)
    {
        var sound = new float[Rate];
        for (var harmonic = 1; harmonic * pitch < 7_000; harmonic++)
        {
            var frequency = harmonic * pitch;
            var weight = 0.01 + (1 / (1 + Math.Pow((frequency - 700) / 150, 2))) + (0.5 / (1 + Math.Pow((frequency - 1_800) / 200, 2)));
            for (var at = 0; at < sound.Length; at++)
            {
                sound[at] += (float)(weight * Math.Cos(2 * Math.PI * frequency * at / Rate));
            }
        }

        return Scaled(sound, level);
    }

    private static float[] Noise(double level)
    {
        var random = new Random(4);
        return Scaled([.. Enumerable.Range(0, Rate).Select(_ => (float)(random.NextDouble() - 0.5))], level);
    }

    private static float[] Scaled(float[] sound, double level)
    {
        var scale = (float)(level / Math.Sqrt(sound.Average(static sample => (double)sample * sample)));
        return Array.ConvertAll(sound, sample => sample * scale);
    }
}
