using System.Diagnostics;
using GenAiLab.Classifier.Images;
using GenAiLab.Media.Images;
using SkiaSharp;

namespace GenAiLab.Classifier.Tests.Images;

/// <summary>How long it takes until a model sees a photograph; docs/classifiers.md has the figures.</summary>
public sealed class PreparationTimeTests(ITestOutputHelper output)
{
    [Fact]
    public void A_photograph_of_four_megapixels_is_prepared_in_a_fraction_of_a_second()
    {
        var bytes = Photograph(2304, 1728);
        var identity = Enumerable.Range(0, 256).Select(static value => (float)value).ToArray();
        var best = (Decoding: TimeSpan.MaxValue, Scaling: TimeSpan.MaxValue);
        foreach (var filter in new[] { ResampleFilter.Bilinear, ResampleFilter.Bicubic })
        {
            var steps = new ImageSteps(new ImageScaling(new ImageSize(224, 224), ShortestEdge: false), filter, Crop: null, [identity, identity, identity], BlueFirst: false);
            best = (TimeSpan.MaxValue, TimeSpan.MaxValue);
            for (var round = 0; round < 8; round++)
            {
                var begin = Stopwatch.GetTimestamp();
                using var encoded = EncodedImage.Open(bytes);
                using var image = encoded.Decode();
                var decoded = Stopwatch.GetTimestamp();
                ImagePreprocessor.Run(image, steps, TestContext.Current.CancellationToken);
                var (decoding, scaling) = (Stopwatch.GetElapsedTime(begin, decoded), Stopwatch.GetElapsedTime(decoded));
                best = (decoding < best.Decoding ? decoding : best.Decoding, scaling < best.Scaling ? scaling : best.Scaling);
            }

            output.WriteLine($"{bytes.Length:N0} bytes of JPEG, {filter}: {best.Decoding.TotalMilliseconds:F0} ms to decode, {best.Scaling.TotalMilliseconds:F0} ms to scale, crop and normalise");
        }

        // Ten times what it takes on a machine that does nothing else.
        Assert.True(best.Decoding + best.Scaling < TimeSpan.FromSeconds(1), $"{best}");
    }

    // Soft shapes and the grain of a sensor.
    private static byte[] Photograph(int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var random = new Random(1);
        var pixels = bitmap.GetPixelSpan();
        for (var at = 0; at < width * height; at++)
        {
            var (x, y) = (at % width, at / width);
            var grain = random.Next(-6, 7);
            pixels[4 * at] = (byte)(128 + (90 * Math.Sin(x / 97.0) * Math.Cos(y / 131.0)) + grain);
            pixels[(4 * at) + 1] = (byte)(128 + (90 * Math.Sin((x + y) / 173.0)) + grain);
            pixels[(4 * at) + 2] = (byte)(128 + (90 * Math.Cos(y / 59.0)) + grain);
            pixels[(4 * at) + 3] = 255;
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 85);
        return data.ToArray();
    }
}
