using System.Diagnostics;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Models.Folders;
using GenAiLab.Training.Films;

namespace GenAiLab.Media.Tests.Films;

/// <summary>Film files as codes and back.</summary>
public sealed class FilmCodecTests
{
    private const int Length = 768;

    private static readonly Lazy<FilmCodec> Learned = new(static () => new FilmCodec(
        PatchCodec.Learn(new FilmWorld(seed: 1).Training(stream: 9).Take(1_000).SelectMany(static clip => clip.Frames), Motions.Tile, 2_048), Motions.Frames));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_film_comes_back_from_its_codes()
    {
        foreach (var clip in new FilmWorld(seed: 1).Training(stream: 9).Take(20))
        {
            var codes = Learned.Value.Encode(FilmFile.WriteApng(clip.Frames), Cancellation);
            Assert.Equal(Length, codes.Length);
            Assert.Equal(codes, Learned.Value.Encode(TestFilms.Gif(clip.Frames), Cancellation));
            var frames = FilmFile.Read(Learned.Value.Decode(codes), Cancellation);
            Assert.All(clip.Frames.Zip(frames), static pair => Assert.Equal(pair.First.Rgb, pair.Second.Rgb));
        }
    }

    [Fact]
    public void A_patch_that_was_there_or_beside_it_in_the_frame_before_is_told_by_that()
    {
        var codec = Learned.Value;
        var (patches, row) = (codec.Patches.Codes.Count, codec.CodeCount / 2);
        var clip = new FilmWorld(seed: 1).Training(stream: 9).First(static clip => clip.Plot.Motion == Motions.Still);
        Assert.All(codec.Encode(clip.Frames).Skip(64).Index(), code => Assert.Equal((code.Index % 8 == 0 ? row : 0) + patches, code.Item));

        var right = new FilmWorld(seed: 1).Training(stream: 9).First(static clip => clip.Plot is { Motion: Motions.Right });
        var moves = codec.Encode(right.Frames).Skip(64).Where((_, at) => at % 8 != 0).ToList();
        Assert.Contains(patches + 1, moves);
        Assert.DoesNotContain(patches + 2, moves);
        Assert.DoesNotContain(moves, code => code < patches);
    }

    [Fact]
    public void What_comes_from_nowhere_is_as_what_is_beside_it()
    {
        var codec = Learned.Value;
        var (same, row) = (codec.Patches.Codes.Count, 32 / codec.Patches.Patch);
        // The first frame: two patches of the codebook, and a great many that are as they were before.
        int[] first = [3, .. Enumerable.Repeat(same, 7), 5, .. Enumerable.Repeat(same, 55)];
        // The second: all of them are as the one below, which the last row has none of.
        int[] codes = [.. first, .. Enumerable.Repeat(same + 4, 64)];
        int[] spelled = [.. Enumerable.Repeat(3, row), .. Enumerable.Repeat(5, 64 - row), .. Enumerable.Repeat(5, 64)];
        Assert.Equal(codec.DecodeFrames(spelled).Select(static frame => frame.Rgb), codec.DecodeFrames(codes).Select(static frame => frame.Rgb));
    }

    [Fact]
    public void What_is_not_there_yet_is_grey()
    {
        var clip = new FilmWorld(seed: 1).Training(stream: 9).First();
        var codes = Learned.Value.Encode(clip.Frames);
        var frames = FilmFile.Read(Learned.Value.Decode(codes[..160]), Cancellation);
        Assert.Equal(12, frames.Count);
        Assert.Equal(clip.Frames[1].Rgb, frames[1].Rgb);
        Assert.Equal(clip.Frames[2].Rgb[..(3 * 32 * 16)], frames[2].Rgb[..(3 * 32 * 16)]);
        Assert.All(frames[2].Rgb[(3 * 32 * 16)..].Concat(frames[11].Rgb), static value => Assert.Equal(128, value));
        Assert.All(FilmFile.Read(Learned.Value.Decode([]), Cancellation), static frame => Assert.Equal(128, frame.Rgb[0]));
    }

    [Fact]
    public void Codes_that_are_none_and_too_many_of_them_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => Learned.Value.Decode([Learned.Value.CodeCount]));
        Assert.Throws<ArgumentOutOfRangeException>(static () => Learned.Value.Decode([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(static () => Learned.Value.Decode(new int[Length + 1]));
    }

    [Fact]
    public void Ten_thousand_damaged_files_are_read_or_refused()
    {
        var clip = new FilmWorld(seed: 1).HeldOut().First().Frames;
        byte[][] files = [FilmFile.WriteApng(clip), TestFilms.Gif(clip)];
        var (random, refused, watch) = (new Random(8), 0, Stopwatch.StartNew());
        var before = GC.GetTotalAllocatedBytes();
        for (var round = 0; round < 10_000; round++)
        {
            var file = Mutation.Of(files[round % files.Length], random);

            // Half of the damaged APNGs have checksums that are right again: else little would come to the frames.
            file = round % 4 == 0 && file.Length > 8 ? TestFilms.Png(TestFilms.Chunks(file)) : file;
            try
            {
                Assert.Equal(Length, Learned.Value.Encode(file, Cancellation).Length);
            }
            catch (UnreadableMediaException error)
            {
                Assert.NotEmpty(error.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 1_000, 9_999);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(4));
        Assert.InRange((GC.GetTotalAllocatedBytes() - before) / 10_000, 0, 4 << 20);
    }

    [Fact]
    public void A_codec_file_is_read_back_and_a_wrong_one_refused_by_name()
    {
        var folder = Directory.CreateTempSubdirectory("film-codec-tests-").FullName;
        try
        {
            var codec = Learned.Value;
            MediaCodecFile.Write(folder, new MediaTokens(codec, 1, EndId: null, 2), codec.Settings());
            var read = MediaCodecFile.Read(folder, 2 + codec.CodeCount);
            Assert.Equal(
                (MediaKind.Film, "image/apng", codec.CodeCount, Length, Length),
                (read.Codec.Kind, read.Codec.ContentType, read.Codec.CodeCount, read.Codec.MinimumLength, read.Codec.MaximumLength));
            var settings = codec.Settings();
            settings["frames"] = 257;
            MediaCodecFile.Write(folder, new MediaTokens(codec, 1, EndId: null, 2), settings);
            Assert.Contains("frames", Assert.Throws<ModelFolderException>(() => MediaCodecFile.Read(folder, 2 + codec.CodeCount)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
