using GenAiLab.Media.Images;
namespace GenAiLab.Classifier.Images;

/// <summary>From an image to the numbers that a vision model takes, as the image processors of transformers do it. Pure.</summary>
internal static class ImagePreprocessor
{
    /// <summary>Scales, crops and normalises.</summary>
    /// <returns>Channel by channel, each row by row: [3, height, width].</returns>
    /// <exception cref="UnreadableImageException">It cannot be scaled as it should.</exception>
    public static float[] Run(RgbaImage image, ImageSteps steps, CancellationToken cancellation) =>
        Run(image.Pixels, new ImageSize(image.Width, image.Height), steps, cancellation);

    /// <summary>The same for pixels of four bytes, row by row.</summary>
    /// <exception cref="UnreadableImageException">They cannot be scaled as they should.</exception>
    public static float[] Run(ReadOnlySpan<byte> image, ImageSize size, ImageSteps steps, CancellationToken cancellation)
    {
        var scaled = steps.Scaling?.Of(size.Width, size.Height) ?? size;
        var pixels = ImageResampler.Resize(image, size.Width, size.Height, scaled.Width, scaled.Height, steps.Filter, cancellation);
        return ToChannels(pixels, scaled, steps.Crop ?? scaled, steps);
    }

    private static float[] ToChannels(ReadOnlySpan<byte> pixels, ImageSize size, ImageSize crop, ImageSteps steps)
    {
        var (left, top) = (Offset(size.Width, crop.Width), Offset(size.Height, crop.Height));
        var plane = crop.Width * crop.Height;
        var values = new float[3 * plane];
        for (var channel = 0; channel < 3; channel++)
        {
            var levels = steps.Levels[channel];
            var source = steps.BlueFirst ? 2 - channel : channel;
            var target = values.AsSpan(channel * plane, plane);
            // Only a part of it may be covered by the image.
            target.Fill(levels[0]);
            for (var y = Math.Max(0, -top); y < Math.Min(crop.Height, size.Height - top); y++)
            {
                for (var x = Math.Max(0, -left); x < Math.Min(crop.Width, size.Width - left); x++)
                {
                    target[(y * crop.Width) + x] = levels[pixels[(((((y + top) * size.Width) + x + left)) * 4) + source]];
                }
            }
        }

        return values;
    }

    // Where the crop begins in the image; negative where the image is smaller. Of an odd rest the larger half is cut on
    // the right and, where it is added, on the left: transformers' center_crop.
    private static int Offset(int size, int crop) => size >= crop ? (size - crop) / 2 : -((crop - size + 1) / 2);
}
