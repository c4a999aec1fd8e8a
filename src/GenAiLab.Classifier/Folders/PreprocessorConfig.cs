using System.Text.Json;
using GenAiLab.Classifier.Images;
using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>
/// preprocessor_config.json of an image model by Hugging Face's convention, with the defaults of ViT's image processor.
/// Read as hostile: every number is checked before anything is sized by it. A step that is not known is refused rather
/// than left out: the model would answer, and wrongly.
/// </summary>
internal static class PreprocessorConfig
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "preprocessor_config.json";

    /// <summary>The longest side that a model sees, in pixels.</summary>
    public const int MaximumSide = 2048;

    // Their sizes mean something else: a fraction of the size is taken, or none is.
    private static readonly string[] OwnSizes = ["Levit", "PoolFormer", "Perceiver", "TimmWrapper"];

    // Those whose size is a bare number, as transformers before 4.26 wrote it, and means both sides.
    private static readonly string[] Square = ["ViT", "DeiT", "Beit", "Swin"];

    private static readonly string[] KnownSteps =
        ["do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb", "do_flip_channel_order", "do_reduce_labels"];

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="ModelFolderException">It is missing, too large, not JSON, or a value is absent, out of range or not known.</exception>
    public static ImageSteps Read(string folder) => JsonFile.Read(folder, FileName, Parse);

    private static ImageSteps Parse(JsonObjectReader file)
    {
        CheckKind(file);
        var crop = Crop(file);
        var scaling = file.Flag("do_resize", true) ? Scaling(file, ref crop) : null;
        var filter = file.Integer("resample", 0, 5, (int)ResampleFilter.Bilinear);
        var steps = new ImageSteps(scaling, (ResampleFilter)filter, crop, Levels(file), file.Flag("do_flip_channel_order", false));
        return steps.Size is null
            ? throw file.Refuse("images of different proportions would keep them: it needs a size of height and width, or do_center_crop with a crop_size")
            : steps;
    }

    private static void CheckKind(JsonObjectReader file)
    {
        var kind = Kind(file);
        if (OwnSizes.Any(own => kind.StartsWith(own, StringComparison.Ordinal)))
        {
            throw file.Refuse("its image processor scales by rules of its own, which are not supported");
        }

        foreach (var name in file.Names.Where(static name => name.StartsWith("do_", StringComparison.Ordinal) && !KnownSteps.Contains(name)))
        {
            if (name.Length > 64 || file.Flag(name, false))
            {
                throw file.Refuse($"{(name.Length > 64 ? name[..64] + "…" : name)} is not supported");
            }
        }
    }

    private static string Kind(JsonObjectReader file) =>
        file.Text("image_processor_type") ?? file.Text("feature_extractor_type") ?? "";

    private static ImageSize? Crop(JsonObjectReader file)
    {
        if (!file.Flag("do_center_crop", false))
        {
            return null;
        }

        return file.IsNumber("crop_size")
            ? new ImageSize(Side(file, "crop_size"), Side(file, "crop_size"))
            : Sides(file.Object("crop_size"));
    }

    private static ImageScaling Scaling(JsonObjectReader file, ref ImageSize? crop)
    {
        var scaling = ReadSize(file);
        if (!file.Has("crop_pct"))
        {
            return scaling;
        }

        // ConvNeXT's: small images are scaled to more than the model sees and cropped, large ones squeezed.
        if (!scaling.ShortestEdge || crop is not null)
        {
            throw file.Refuse("crop_pct needs a size of shortest_edge, and no do_center_crop");
        }

        var side = scaling.Size.Width;
        if (side >= 384)
        {
            return scaling with { ShortestEdge = false };
        }

        crop = scaling.Size;
        var larger = (int)(side / file.Real("crop_pct", 0.05, 1, 0.875));
        return scaling with { Size = new ImageSize(larger, larger) };
    }

    private static ImageScaling ReadSize(JsonObjectReader file)
    {
        if (file.IsNumber("size"))
        {
            return Square.Any(square => Kind(file).StartsWith(square, StringComparison.Ordinal))
                ? new ImageScaling(new ImageSize(Side(file, "size"), Side(file, "size")), ShortestEdge: false)
                : throw file.Refuse("size must be an object, of height and width or of shortest_edge: a bare number means the one or the other");
        }

        var size = file.Object("size");
        if (size.Names.FirstOrDefault(static name => name is not ("height" or "width" or "shortest_edge")) is { } unknown)
        {
            throw file.Refuse($"size.{(unknown.Length > 64 ? unknown[..64] + "…" : unknown)} is not supported");
        }

        if (!size.Has("shortest_edge"))
        {
            return new ImageScaling(Sides(size), ShortestEdge: false);
        }

        var side = Side(size, "shortest_edge");
        return new ImageScaling(new ImageSize(side, side), ShortestEdge: true);
    }

    private static ImageSize Sides(JsonObjectReader size) => new(Side(size, "width"), Side(size, "height"));

    private static int Side(JsonObjectReader size, string name) => size.Integer(name, 1, MaximumSide);

    // In the precision, and in the order, of transformers: factor in double, the rest in single precision.
    private static float[][] Levels(JsonObjectReader file)
    {
        var factor = file.Flag("do_rescale", true) ? file.Real("rescale_factor", -1e6, 1e6, 1 / 255.0) : 1;
        var offset = file.Flag("rescale_offset", false) ? 1f : 0f;
        var normalized = file.Flag("do_normalize", true);
        var (means, deviations) = (Channels(file, "image_mean", normalized), Channels(file, "image_std", normalized));
        var twice = normalized && file.Flag("include_top", false) && Kind(file).StartsWith("EfficientNet", StringComparison.Ordinal);
        if (Array.Exists(deviations, static deviation => deviation == 0))
        {
            throw file.Refuse("image_std must not be 0");
        }

        return [.. Enumerable.Range(0, 3).Select(channel => (float[])[.. Enumerable.Range(0, 256).Select(value =>
        {
            var level = (float)(value * factor) - offset;
            level = normalized ? (level - means[channel]) / deviations[channel] : level;
            return twice ? level / deviations[channel] : level;
        })])];
    }

    private static float[] Channels(JsonObjectReader file, string name, bool needed)
    {
        if (!needed)
        {
            return [1, 1, 1];
        }

        var values = file.Reals(name, -1e6, 1e6);
        return values.Count switch
        {
            1 => [values[0], values[0], values[0]],
            3 => [.. values],
            _ => throw file.Refuse($"{name} must be a number or three"),
        };
    }
}
