using System.Diagnostics;
using System.IO.Compression;
using GenAiLab.Media.Films;
using GenAiLab.Media.Pictures;
using GenAiLab.Training.Films;
using static GenAiLab.Media.Tests.Films.TestFilms;

namespace GenAiLab.Media.Tests.Films;

/// <summary>Film files in and out.</summary>
public sealed class FilmFileTests
{
    private static readonly IReadOnlyList<Picture> Frames = new FilmWorld(seed: 1).HeldOut().First().Frames;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void An_APNG_is_read_back_as_it_was_written_and_is_written_alike_each_time()
    {
        var file = FilmFile.WriteApng(Frames);
        Assert.Equal(file, FilmFile.WriteApng(Frames));
        AssertEqual(Frames, FilmFile.Read(file, Cancellation));
    }

    [Fact]
    public void A_GIF_gives_its_frames() => AssertEqual(Frames, FilmFile.Read(Gif(Frames), Cancellation));

    [Theory]
    [InlineData(3, new[] { 0, 6, 11 })]
    [InlineData(1, new[] { 0 })]
    [InlineData(12, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 })]
    public void Of_more_frames_than_wanted_those_evenly_spread_are_taken(int count, int[] expected) =>
        AssertEqual([.. expected.Select(static at => Frames[at])], FilmFile.Read(FilmFile.WriteApng(Frames), 32, 32, count, Cancellation));

    [Fact]
    public void Of_fewer_frames_each_is_taken_several_times() =>
        AssertEqual([Frames[0], Frames[0], Frames[5], Frames[5]], FilmFile.Read(FilmFile.WriteApng([Frames[0], Frames[5]]), 32, 32, 4, Cancellation));

    [Fact]
    public void Parts_are_drawn_where_they_belong_and_taken_back()
    {
        var (all, part) = (Pixels(4, 2, 10, 20, 30, 255), Pixels(2, 2, 200, 100, 50, 128));
        var file = Png(
        [
            Header(4, 2, colours: 6), ("acTL", [.. Number(4), .. Number(0)]), Control(0, 4, 2), ("IDAT", all),
            Control(1, 2, 2, x: 2, disposal: 2, blend: 1), ("fdAT", [.. Number(2), .. part]),
            Control(3, 2, 2, disposal: 1), ("fdAT", [.. Number(4), .. part]),
            Control(5, 2, 2, x: 2, blend: 1), ("fdAT", [.. Number(6), .. part]), ("IEND", []),
        ]);
        var frames = FilmFile.Read(file, Cancellation);
        byte[] below = [10, 20, 30], blended = [105, 60, 40], above = [200, 100, 50], gone = [0, 0, 0];
        Assert.Equal([.. below, .. below, .. below, .. below], frames[0].Rgb[..12]);
        Assert.Equal([.. below, .. below, .. blended, .. blended], frames[1].Rgb[..12]);

        // What the second frame drew is as it was before; the third frame replaces, alpha being dropped.
        Assert.Equal([.. above, .. above, .. below, .. below], frames[2].Rgb[..12]);

        // The third frame's part became transparent black.
        Assert.Equal([.. gone, .. gone, .. blended, .. blended], frames[3].Rgb[..12]);
    }

    [Fact]
    public void Files_that_are_no_films_are_refused_with_the_reason()
    {
        var whole = FilmFile.WriteApng(Frames);
        var chunks = Chunks(whole);
        AssertRefused("is empty", []);
        AssertRefused("4,000,001 bytes", new byte[4_000_001]);
        AssertRefused("no film of a known format", "RIFF film"u8.ToArray());
        AssertRefused("still PNG", PictureFile.WritePng(Frames[0]));
        AssertRefused("truncated", whole[..^20]);
        AssertRefused("truncated", whole[..12]);
        AssertRefused("truncated", "GIF89a"u8.ToArray());
        byte[] damaged = [.. whole];
        damaged[whole.Length / 2] ^= 1;
        AssertRefused("checksum", damaged);
        AssertRefused("header cannot be read", Png(chunks.Skip(1)));
        AssertRefused("announces 12 frames and has 11", Png(Without(chunks, chunks.FindLastIndex(static chunk => chunk.Type == "fdAT"))));
        AssertRefused("not in order", Png(Without(chunks, chunks.FindIndex(static chunk => chunk.Type == "fdAT"))));
        AssertRefused("0 frames", Png(chunks.Select(static chunk => chunk.Type == "acTL" ? ("acTL", new byte[8]) : chunk)));
        AssertRefused("257 frames", Png(chunks.Select(static chunk => chunk.Type == "acTL" ? ("acTL", [.. Number(257), .. Number(0)]) : chunk)));
        AssertRefused("0 by 32 pixels", Png(chunks.Select(static chunk => chunk.Type == "IHDR" ? Header(0, 32, colours: 2) : chunk)));
        AssertRefused("pixels in all", Png(chunks.Select(static chunk => chunk.Type == "IHDR" ? Header(16_000, 16_000, colours: 2) : chunk)));
        AssertRefused("does not lie within", Png(chunks.Select(static chunk => chunk.Type == "fcTL" ? Control(0, 32, 32, x: 1) : chunk)));
        AssertRefused("does not lie within", Png(chunks.Select(static chunk => chunk.Type == "fcTL" ? Control(0, 32, -1, y: 2) : chunk)));
        AssertRefused("disposed of or blended", Png(chunks.Select(static chunk => chunk.Type == "fcTL" ? Control(0, 32, 32, disposal: 3) : chunk)));
        AssertRefused("cannot be decoded", Png(chunks.Select(static chunk => chunk.Type == "IDAT" ? ("IDAT", chunk.Content[..20]) : chunk)));
        AssertRefused("0 frames", [.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0, 0x3B]);
        AssertRefused("300 frames", Gif([.. Enumerable.Repeat(Frames[0], 300)]));
    }

    [Fact]
    public void Bombs_are_refused_before_they_go_off()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        AssertRefused("pixels in all", Png([Header(5_000, 5_000, colours: 2), ("acTL", [.. Number(2), .. Number(0)]), ("IEND", [])]));
        byte[] screen = [.. "GIF89a"u8, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0, 0x3B];
        AssertRefused("at most 16,384 a side", screen);

        // Two gigabytes behind the pixels of one frame.
        using var bomb = new MemoryStream();
        using (var stream = new ZLibStream(bomb, CompressionLevel.Optimal, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var megabyte = 0; megabyte < 2_048; megabyte++)
            {
                stream.Write(zeros);
            }
        }

        var making = watch.Elapsed;
        var film = Png([Header(32, 32, colours: 2), ("acTL", [.. Number(1), .. Number(0)]), Control(0, 32, 32), ("IDAT", bomb.ToArray()), ("IEND", [])]);
        try
        {
            Assert.Equal(32, FilmFile.Read(film, Cancellation).Single().Width);
        }
        catch (UnreadableMediaException)
        {
            // Either is right.
        }

        Assert.InRange(watch.Elapsed - making, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
    }

    [Fact]
    public void The_most_frames_and_pixels_are_read_in_bounded_time()
    {
        // 256 frames of 361 × 361, each kept for the next.
        var picture = new Picture(361, 361, new byte[3 * 361 * 361]);
        var watch = Stopwatch.StartNew();
        foreach (var file in new[] { FilmFile.WriteApng([.. Enumerable.Repeat(picture, 256)]), Gif([.. Enumerable.Repeat(picture, 28)]) })
        {
            Assert.Equal(12, FilmFile.Read(file, 32, 32, 12, Cancellation).Count);
        }

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    private static void AssertRefused(string reason, byte[] file) =>
        Assert.Contains(reason, Assert.ThrowsAny<UnreadableMediaException>(() => FilmFile.Read(file, 32, 32, 12, Cancellation)).Message, StringComparison.Ordinal);

    private static void AssertEqual(IReadOnlyList<Picture> expected, IReadOnlyList<Picture> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), static pair => Assert.Equal(pair.First.Rgb, pair.Second.Rgb));
    }

    private static IEnumerable<(string Type, byte[] Content)> Without(List<(string Type, byte[] Content)> chunks, int index) => chunks.Where((_, at) => at != index);

    private static (string Type, byte[] Content) Header(int width, int height, byte colours) => ("IHDR", [.. Number(width), .. Number(height), 8, colours, 0, 0, 0]);

    private static byte[] Pixels(int width, int height, params byte[] pixel)
    {
        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var row = 0; row < height; row++)
            {
                stream.Write([0, .. Enumerable.Repeat(pixel, width).SelectMany(static bytes => bytes)]);
            }
        }

        return packed.ToArray();
    }
}
