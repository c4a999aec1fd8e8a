using System.Diagnostics;
using GenAiLab.Classifier.Images;
using GenAiLab.Media.Images;
using SkiaSharp;

namespace GenAiLab.Classifier.Tests.Images;

/// <summary>Which images are read, and that no image does harm.</summary>
public sealed class ImageTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_format_is_read()
    {
        foreach (var bytes in TestImages.OfEveryFormat())
        {
            using var encoded = EncodedImage.Open(bytes);
            using var image = encoded.Decode();
            Assert.Equal(image.Width * image.Height * 4, image.Pixels.Length);
            Assert.False(encoded.IsLarge);
        }
    }

    /// <summary>Images that are refused, and what is said of them.</summary>
    public static TheoryData<string, string> Refusals => new()
    {
        { "empty", "empty" },
        { "too many bytes", "at most 4,000,000" },
        { "text", "known format" },
        { "svg", "known format" },
        { "icon", "known format" },
        { "header only", "header" },
        { "truncated png", "truncated" },
        { "truncated jpeg", "truncated" },
        { "too wide", "at most 16,384 a side" },
        { "too many pixels", "33,554,432 in all" },
        { "too many scans", "at most 64" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public void What_is_no_image_or_too_large_a_one_is_refused_with_a_reason(string kind, string reason)
    {
        var png = TestImages.Png(40, 30);
        var bytes = kind switch
        {
            "empty" => [],
            "too many bytes" => [.. png, .. new byte[4_000_000]],
            "text" => "not an image"u8.ToArray(),
            "svg" => "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"u8.ToArray(),
            "icon" => [0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0, 0, 4, 0, 0, 22, 0, 0, 0],
            "header only" => png[..12],
            "truncated png" => png[..^60],
            "truncated jpeg" => TestImages.Encode(200, 200, SKEncodedImageFormat.Jpeg)[..^1500],
            "too wide" => TestImages.Bitmap(16_385, 1),
            "too many pixels" => TestImages.Bitmap(16_000, 4_000, pixels: false),
            _ => TestImages.JpegOfScans(65),
        };

        var error = Assert.Throws<UnreadableImageException>(() =>
        {
            using var encoded = EncodedImage.Open(bytes);
            encoded.Decode().Dispose();
        });

        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void Scans_are_counted_as_they_are_and_not_where_a_segment_looks_like_one()
    {
        Assert.Equal(1, JpegScans.Count(TestImages.Encode(40, 30, SKEncodedImageFormat.Jpeg)));
        Assert.Equal(7, JpegScans.Count(TestImages.JpegOfScans(7)));
        byte[] looksLikeScans = [0xFF, 0xD8, 0xFF, 0xE1, 0, 8, 0xFF, 0xDA, 0xFF, 0xDA, 0xFF, 0xDA, 0xFF, 0xDA, 0, 2, 0xFF, 0, 0xFF, 0xD9, 0xFF, 0xDA, 0, 2];
        Assert.Equal(1, JpegScans.Count(looksLikeScans));
        Assert.Equal(0, JpegScans.Count([0xFF, 0xD8, 0xFF]));
    }

    [Fact]
    public void A_long_strip_is_not_scaled_to_what_has_no_end()
    {
        var scaling = new ImageScaling(new ImageSize(224, 224), ShortestEdge: true);
        Assert.Equal(new ImageSize(224, 336), scaling.Of(200, 300));
        Assert.Equal(new ImageSize(448, 224), scaling.Of(2, 1));
        var error = Assert.Throws<UnreadableImageException>(() => scaling.Of(1, 16_384));
        Assert.Contains("narrow", error.Message);
    }

    [Fact]
    public void Ten_thousand_damaged_images_are_decoded_or_refused()
    {
        var random = new Random(20261126);
        var originals = TestImages.OfEveryFormat();
        var (decoded, refused, slowest) = (0, 0, TimeSpan.Zero);
        for (var round = 0; round < 10_000; round++)
        {
            var bytes = Damage(originals[round % originals.Count], random);
            // Otherwise a PNG's checksums keep the damage from most of its decoder.
            if (random.Next(2) == 0)
            {
                PngChecksums.Mend(bytes);
            }

            var begin = Stopwatch.GetTimestamp();
            try
            {
                using var encoded = EncodedImage.Open(bytes);
                using var image = encoded.Decode();
                Assert.InRange((long)image.Width * image.Height, 1, EncodedImage.MaximumPixels);
                decoded++;
            }
            catch (UnreadableImageException error)
            {
                Assert.InRange(error.Message.Length, 1, 200);
                refused++;
            }

            var took = Stopwatch.GetElapsedTime(begin);
            slowest = took > slowest ? took : slowest;
        }

        output.WriteLine($"{decoded} decoded, {refused} refused, the slowest in {slowest.TotalMilliseconds:F0} ms");
        Assert.True(decoded > 100 && refused > 100, $"{decoded} decoded, {refused} refused");
        Assert.True(slowest < TimeSpan.FromSeconds(20), $"{slowest}");
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
        {
            // Headers are where the harm is.
            var at = random.Next(random.Next(3) == 0 ? bytes.Count : Math.Min(64, bytes.Count));
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 20)));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 40))));
                    break;
                default:
                    bytes.RemoveRange(Math.Max(at, bytes.Count / 2), bytes.Count - Math.Max(at, bytes.Count / 2));
                    break;
            }
        }

        return [.. bytes];
    }
}
