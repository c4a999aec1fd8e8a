using GenAiLab.Media.Images;
namespace GenAiLab.Classifier.Images;

/// <summary>What is done to an image before a model sees it, in this order: scale, crop, and make numbers of bytes.</summary>
/// <param name="Scaling">To which size; null: it stays as it is.</param>
/// <param name="Filter">How it is scaled.</param>
/// <param name="Crop">The size of the part around the middle that is kept; null: all. What the image lacks of it is black.</param>
/// <param name="Levels">What the bytes of the three channels become, [3][256], in the order of the model's channels.</param>
/// <param name="BlueFirst">Whether the model's first channel is blue rather than red.</param>
internal sealed record ImageSteps(ImageScaling? Scaling, ResampleFilter Filter, ImageSize? Crop, float[][] Levels, bool BlueFirst)
{
    /// <summary>The size that the model sees; null where it depends on the image.</summary>
    public ImageSize? Size => Crop ?? (Scaling is { ShortestEdge: false } scaling ? scaling.Size : null);
}

/// <summary>Width and height in pixels.</summary>
internal readonly record struct ImageSize(int Width, int Height);

/// <summary>The size that images are scaled to.</summary>
/// <param name="Size">Where <paramref name="ShortestEdge"/>, width and height are both the length of the shortest edge.</param>
/// <param name="ShortestEdge">Whether an image keeps its proportions.</param>
internal sealed record ImageScaling(ImageSize Size, bool ShortestEdge)
{
    // What an image of 1 by 16,384 would become otherwise has no end.
    private const int MaximumPixels = 1 << 24;

    /// <summary>What an image of this size is scaled to.</summary>
    /// <exception cref="UnreadableImageException">It is far longer than wide.</exception>
    public ImageSize Of(int width, int height)
    {
        if (!ShortestEdge)
        {
            return Size;
        }

        // By transformers' get_resize_output_image_size, which rounds down.
        var (shorter, longer) = (Math.Min(width, height), Math.Max(width, height));
        var length = (long)((double)((long)Size.Width * longer) / shorter);
        if (length * Size.Width > MaximumPixels)
        {
            throw new UnreadableImageException($"{width:N0} by {height:N0} pixels is too narrow to be scaled to {Size.Width:N0} at its shorter side");
        }

        return width <= height ? new ImageSize(Size.Width, (int)length) : new ImageSize((int)length, Size.Width);
    }
}
