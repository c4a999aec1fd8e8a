using GenAiLab.Media.Sounds;
using static GenAiLab.Media.Tests.Sounds.WavBytes;

namespace GenAiLab.Media.Tests.Sounds;

public sealed class WavFileTests
{
    private const int LengthOfRiff = 4;
    private const int LengthOfData = 40;

    public static TheoryData<int, int, byte[]> Formats() => new()
    {
        // Tag, bits, and the bytes of −1, 0 and 0.5.
        { 1, 8, [0, 128, 192] },
        { 1, 16, [0, 0x80, 0, 0, 0, 0x40] },
        { 1, 24, [0, 0, 0x80, 0, 0, 0, 0, 0, 0x40] },
        { 1, 32, [0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x40] },
        { 3, 32, [.. BitConverter.GetBytes(-1f), .. BitConverter.GetBytes(0f), .. BitConverter.GetBytes(0.5f)] },
        { 3, 64, [.. BitConverter.GetBytes(-1.0), .. BitConverter.GetBytes(0.0), .. BitConverter.GetBytes(0.5)] },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void EveryFormatHasTheSameSamples(int tag, int bits, byte[] samples)
    {
        foreach (var extensible in new[] { false, true })
        {
            var sound = WavFile.Read(File(samples, tag, bits: bits, extensible: extensible), maximumSeconds: 1);
            Assert.Equal([-1f, 0f, 0.5f], sound.Samples);
            Assert.Equal(16_000, sound.Rate);
        }
    }

    [Fact]
    public void ChannelsAreAveraged()
    {
        var sound = WavFile.Read(File([0, 0x40, 0, 0, 0, 0x40, 0, 0xC0], channels: 2), maximumSeconds: 1);
        Assert.Equal([0.25f, 0f], sound.Samples);
        Assert.Equal([0.5f], WavFile.Read(File([.. Enumerable.Repeat<byte>(192, 16)], channels: 16, bits: 8), maximumSeconds: 1).Samples);
    }

    [Fact]
    public void WhatIsNotUnderstoodIsPassedOver() =>
        Assert.Equal([0.5f], WavFile.Read(File([0, 0x40], before: Chunk("LIST", [1, 2, 3])), maximumSeconds: 1).Samples);

    [Fact]
    public void AFileFromAPipeEndsWhereItEnds()
    {
        foreach (var length in new[] { uint.MaxValue, 0x7FFF_F000u })
        {
            var file = With(With(File([0, 0x40, 0, 0x40]), LengthOfRiff, length), LengthOfData, length);
            Assert.Equal([0.5f, 0.5f], WavFile.Read(file, maximumSeconds: 1).Samples);
        }
    }

    [Fact]
    public void WhatIsLouderThanFullScaleIsClipped() =>
        Assert.Equal([1f, -1f], WavFile.Read(File([.. BitConverter.GetBytes(7f), .. BitConverter.GetBytes(-1e30f)], tag: 3, bits: 32), maximumSeconds: 1).Samples);

    [Fact]
    public void WhatIsWrittenIsRead()
    {
        var samples = new float[] { -1, -0.5f, 0, 0.25f, 2 };
        var sound = WavFile.Read(WavFile.Write(new Sound(samples, 8_000)), maximumSeconds: 1);
        Assert.Equal([-1f, -0.5f, 0f, 0.25f, 32_767 / 32_768f], sound.Samples);
        Assert.Equal(8_000, sound.Rate);
    }

    public static TheoryData<string, byte[]> Refused()
    {
        var whole = File([1, 2, 3, 4]);
        return new TheoryData<string, byte[]>
        {
            { "is empty", [] },
            { "at most 4,000,000", new byte[WavFile.MaximumBytes + 1] },
            { "is no sound of a known format; WAV is", [.. "ID3"u8, .. new byte[100]] },
            { "is no sound of a known format; WAV is", [.. "RIFF"u8] },
            { "is truncated: its header says 48 bytes, 47 are there", whole[..^1] },
            { "is truncated: its header says 40 bytes of samples, 4 are there", With(whole, LengthOfData, 40) },
            { "is truncated: a part of 5,000 bytes", With(whole, 16, 5_000) },
            { "no multiple of 2", File([1, 2, 3]) },
            { "holds no samples", File([]) },
            { "has samples before their format", [.. "RIFF"u8, .. Word(16), .. "WAVE"u8, .. Chunk("data", [1, 2, 3, 4])] },
            { "has no format", [.. "RIFF"u8, .. Word(4), .. "WAVE"u8] },
            { "has no samples", [.. "RIFF"u8, .. Word(28), .. "WAVE"u8, .. whole[12..36]] },
            { "at least 16 are needed", [.. "RIFF"u8, .. Word(16), .. "WAVE"u8, .. Chunk("fmt ", [1, 0, 1, 0])] },
            { "format 2 of 4 bits", File([1, 2], tag: 2, bits: 4) },
            { "format 1 of 64 bits", File(new byte[8], bits: 64) },
            { "format 3 of 16 bits", File(new byte[2], tag: 3) },
            { "0 channels", File([1, 2], channels: 0) },
            { "17 channels", File(new byte[34], channels: 17) },
            { "3,999 samples a second", File([1, 2], rate: 3_999) },
            { "192,001 samples a second", File([1, 2], rate: 192_001) },
            { "says 3 bytes for 1 channels of 16 bits, which are 2", With(whole, 32, (16 << 16) | 3) },
            { "sample 1 is no finite number", File([.. BitConverter.GetBytes(0f), .. BitConverter.GetBytes(float.NaN)], tag: 3, bits: 32) },
            { "names no known subformat", With(File([1, 2], extensible: true), 50, 77) },
            { "says 28,800,000 bytes of samples", With(whole, LengthOfData, 2 * 4_000 * 3_600) },
            { "900.0 seconds; at most 4.0", Longest() },
        };
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void WhatCannotBeReadIsRefusedWithTheReason(string reason, byte[] file) =>
        Assert.Contains(reason, Assert.Throws<UnreadableMediaException>(() => WavFile.Read(file, maximumSeconds: 4)).Message, StringComparison.Ordinal);

    // An hour that is there takes more bytes than a file may have; one that only its header has is truncated.
    private static byte[] Longest() => File(new byte[3_600_000], rate: 4_000, bits: 8);
}
