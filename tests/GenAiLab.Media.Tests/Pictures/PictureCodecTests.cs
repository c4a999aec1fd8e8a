using GenAiLab.Media.Images;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Pictures;
using SkiaSharp;

namespace GenAiLab.Media.Tests.Pictures;

/// <summary>Image files as codes and back.</summary>
public sealed class PictureCodecTests
{
    private static readonly Lazy<PictureCodec> Learned = new(() => Learn(codes: 1_024));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_drawing_comes_back_but_for_patches_that_no_code_has()
    {
        var (wrong, patches) = (0, 0);
        foreach (var drawing in new PictureWorld(seed: 1).HeldOut().Take(300))
        {
            var codes = Learned.Value.Encode(PictureFile.WritePng(drawing.Picture), Cancellation);
            Assert.Equal(256, codes.Length);
            var back = PictureFile.Read(Learned.Value.Decode(codes), Artist.Side, Artist.Side, Cancellation);
            patches += codes.Length;
            wrong += Enumerable.Range(0, codes.Length).Count(at => !PatchBytes.Read(back, 2, at).AsSpan().SequenceEqual(PatchBytes.Read(drawing.Picture, 2, at)));
        }

        Assert.InRange(wrong, 0, patches / 50);
    }

    [Fact]
    public void Rows_begin_with_codes_of_their_own_and_a_mark_elsewhere_changes_nothing()
    {
        var codec = Learned.Value;
        var (codes, size) = (codec.Encode(new PictureWorld(seed: 1).HeldOut().First().Picture), codec.Patches.Codes.Count);
        Assert.Equal(Enumerable.Range(0, 256).Where(static at => at % 16 == 0), Enumerable.Range(0, 256).Where(at => codes[at] >= size));
        int[] moved = [.. codes.Select((code, at) => at == 5 ? code + size : code)];
        Assert.Equal(codec.Read(codes).Rgb, codec.Read(moved).Rgb);
    }

    [Fact]
    public void What_is_not_there_yet_is_grey()
    {
        var codec = Learned.Value;
        var codes = codec.Encode(new PictureWorld(seed: 1).HeldOut().First().Picture);
        var (whole, half) = (codec.Read(codes), codec.Read(codes[..128]));
        Assert.Equal(whole.Rgb[..(3 * 32 * 16)], half.Rgb[..(3 * 32 * 16)]);
        Assert.All(half.Rgb[(3 * 32 * 16)..], static value => Assert.Equal(128, value));
        Assert.All(codec.Read([]).Rgb, static value => Assert.Equal(128, value));
    }

    [Fact]
    public void Codes_that_are_none_and_too_many_of_them_are_refused()
    {
        var codec = Learned.Value;
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Decode([codec.CodeCount]));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Decode([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Decode(new int[257]));
    }

    /// <summary>Depths and colour models that PNG has: grey, colours, a palette, and both with alpha, which is dropped.</summary>
    [Theory]
    [InlineData(8, 0)]
    [InlineData(16, 0)]
    [InlineData(8, 2)]
    [InlineData(16, 2)]
    [InlineData(8, 3)]
    [InlineData(8, 4)]
    [InlineData(8, 6)]
    [InlineData(16, 6)]
    public void Any_depth_and_size_becomes_a_picture_of_the_codecs_size(int depth, int colours)
    {
        var picture = PictureFile.Read(TestPng.Of(57, 91, depth, colours), Artist.Side, Artist.Side, Cancellation);
        Assert.Equal(3 * Artist.Side * Artist.Side, picture.Rgb.Length);
        Assert.All(picture.Rgb, value => Assert.InRange(value, 127, 129));
    }

    [Fact]
    public void A_picture_that_declares_billions_of_pixels_is_refused_before_memory_is_taken()
    {
        var png = PictureFile.WritePng(new PictureWorld(seed: 1).HeldOut().First().Picture);
        var codec = Learned.Value; // Learning it takes memory, and whoever comes first pays.
        foreach (var (width, reason) in new[] { (60_000, "60,000 by 60,000 pixels"), (0, "header") })
        {
            var declared = Declaring(png, width);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Assert.Throws<UnreadableImageException>(() => codec.Encode(declared, Cancellation));
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void Mutated_files_are_read_or_refused_with_a_reason()
    {
        var drawing = new PictureWorld(seed: 1).HeldOut().First().Picture;
        var png = PictureFile.WritePng(drawing);
        using var image = SKBitmap.Decode(png);
        byte[][] files = [png, Encode(SKEncodedImageFormat.Jpeg), Encode(SKEncodedImageFormat.Webp)];
        var (random, refused) = (new Random(8), 0);
        for (var round = 0; round < 10_000; round++)
        {
            var file = Mutation.Of(files[round % files.Length], random);
            try
            {
                Assert.Equal(256, Learned.Value.Encode(file, Cancellation).Length);
            }
            catch (UnreadableMediaException error)
            {
                Assert.NotEmpty(error.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 1_000, 9_999);

        byte[] Encode(SKEncodedImageFormat format)
        {
            using var data = image.Encode(format, 90);
            return data.ToArray();
        }
    }

    [Fact]
    public void A_codec_file_is_read_back_and_a_wrong_one_refused_by_name()
    {
        var folder = Directory.CreateTempSubdirectory("codec-tests-");
        try
        {
            var codec = Learn(codes: 16);
            MediaCodecFile.Write(folder.FullName, new MediaTokens(codec, BeginId: 3, EndId: null, FirstCodeId: 4), codec.Settings());
            var read = MediaCodecFile.Read(folder.FullName, vocabularySize: 36);
            Assert.Equal((3, null, 4, 32), (read.BeginId, read.EndId, read.FirstCodeId, read.Codec.CodeCount));
            int[] codes = [.. Enumerable.Range(0, 256).Select(static at => at % 32)];
            Assert.Equal(codec.Decode(codes), read.Codec.Decode(codes));

            Refused(35, "", "", "first_code_id");
            Refused(36, "\"begin_id\": 3", "\"begin_id\": 5", "begin_id");
            Refused(36, "\"patch\": 2", "\"patch\": 3", "patch");
            Refused(36, "\"width\": 32", "\"width\": 1000000", "width");
            Refused(36, "\"picture-patches\"", "\"smells\"", "kind");
            Refused(36, "\"codes\": \"", "\"codes\": \"!", "codes");
            Refused(36, "\"codes\": \"", "\"codes\": \"AAAA", "codes");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        void Refused(int size, string from, string to, string field)
        {
            var path = Path.Combine(folder.FullName, MediaCodecFile.FileName);
            var text = File.ReadAllText(path);
            File.WriteAllText(path, from.Length == 0 ? text : text.Replace(from, to, StringComparison.Ordinal));
            var error = Assert.Throws<ModelFolderException>(() => MediaCodecFile.Read(folder.FullName, size));
            Assert.StartsWith($"codec.json: {field}", error.Message, StringComparison.Ordinal);
            File.WriteAllText(path, text);
        }
    }

    private static PictureCodec Learn(int codes) =>
        new(PatchCodec.Learn(new PictureWorld(seed: 1).Training(stream: 2).Take(2_000).Select(static drawing => drawing.Picture), patch: 2, codes));

    // With the checksum that the header needs to be believed.
    private static byte[] Declaring(byte[] png, int side)
    {
        byte[] declared = [.. png];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(declared.AsSpan(16), side);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(declared.AsSpan(20), side);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(declared.AsSpan(29), Mutation.Checksum(declared.AsSpan(12, 17)));
        return declared;
    }
}
