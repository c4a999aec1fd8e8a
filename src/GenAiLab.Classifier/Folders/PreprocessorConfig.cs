using GenAiLab.Classifier.Images;
using GenAiLab.Media.Images;
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

    private const int MaximumName = 64;
    private const double ConvNextCrop = 224 / 256.0;

    // Their sizes mean something else: a fraction of the size is taken, or none is.
    private static readonly string[] OwnSizes = ["Levit", "PoolFormer", "Perceiver", "TimmWrapper"];

    // What a bare number is, as transformers before 4.26 wrote sizes: both sides, or the shorter one.
    private static readonly string[] Square = ["ViT", "DeiT", "Beit", "Swin", "EfficientNet"];
    private static readonly string[] Shortest = ["ConvNext", "CLIP", "Bit", "MobileNet", "MobileViT"];

    private static readonly string[] KnownSteps =
        ["do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb", "do_flip_channel_order", "do_reduce_labels"];

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="ModelFolderException">It is missing, too large, not JSON, or a value is absent, out of range or not known.</exception>
    public static ImageSteps Read(string folder)
    {
        var file = FolderJson.Read(folder, FileName);
        CheckKind(file);
        var crop = Crop(file);
        var scaling = file.Flag("do_resize") is false ? null : Scaling(file, ref crop);
        var filter = file.OptionalNumber("resample", 0, 5) ?? (int)ResampleFilter.Bilinear;
        var steps = new ImageSteps(scaling, (ResampleFilter)filter, crop, Levels(file), file.Flag("do_flip_channel_order") is true);
        return steps.Size is null
            ? throw file.Refuse("images of different proportions would keep them: it needs a size of height and width, or do_center_crop with a crop_size")
            : steps;
    }

    /// <summary>The same for a model of films, whose frames are prepared like images: VideoMAE's processor, which is TimeSformer's too.</summary>
    /// <exception cref="ModelFolderException">As of <see cref="Read"/>, or it is another processor's: those have steps of their own.</exception>
    public static ImageSteps ReadOfFilm(string folder)
    {
        var file = FolderJson.Read(folder, FileName);
        return IsOf(file, "VideoMAE") ? Read(folder) : throw file.Refuse("image_processor_type", "of a film model must be VideoMAEImageProcessor");
    }

    private static void CheckKind(FolderJson file)
    {
        if (IsOf(file, OwnSizes))
        {
            throw file.Refuse("its image processor scales by rules of its own, which are not supported");
        }

        foreach (var name in file.Names.Where(static name => name.StartsWith("do_", StringComparison.Ordinal) && !KnownSteps.Contains(name)))
        {
            CheckName(file, name);
            if (file.Flag(name) is true)
            {
                throw file.Refuse(name, "is not supported");
            }
        }
    }

    private static bool IsOf(FolderJson file, params IReadOnlyList<string> kinds)
    {
        var kind = file.Text("image_processor_type") ?? file.Text("feature_extractor_type") ?? "";
        return kinds.Any(known => kind.StartsWith(known, StringComparison.Ordinal));
    }

    // Names that are not known are repeated, so they must be fit for it.
    internal static void CheckName(FolderJson file, string name)
    {
        if (name.Length > MaximumName)
        {
            throw file.Refuse($"a name of {name.Length:N0} characters is not supported");
        }
    }

    private static ImageSize? Crop(FolderJson file)
    {
        if (file.Flag("do_center_crop") is not true)
        {
            return null;
        }

        return file.IsNumber("crop_size")
            ? new ImageSize(Side(file, "crop_size"), Side(file, "crop_size"))
            : Sides(file.Object("crop_size"));
    }

    private static ImageScaling Scaling(FolderJson file, ref ImageSize? crop)
    {
        var scaling = ReadSize(file);
        var fraction = file.Real("crop_pct", 0.05, 1) ?? (IsOf(file, "ConvNext") ? ConvNextCrop : null);
        if (fraction is null)
        {
            return scaling;
        }

        // ConvNeXT's: small images are scaled to more than the model sees and cropped, large ones squeezed.
        if (!scaling.ShortestEdge || crop is not null)
        {
            throw file.Refuse("crop_pct", "needs a size of shortest_edge, and no do_center_crop");
        }

        var side = scaling.Size.Width;
        if (side >= 384)
        {
            return scaling with { ShortestEdge = false };
        }

        crop = scaling.Size;
        var larger = (int)(side / fraction.Value);
        return scaling with { Size = new ImageSize(larger, larger) };
    }

    private static ImageScaling ReadSize(FolderJson file)
    {
        if (file.IsNumber("size"))
        {
            var shortest = IsOf(file, Shortest);
            return shortest || IsOf(file, Square)
                ? new ImageScaling(new ImageSize(Side(file, "size"), Side(file, "size")), shortest)
                : throw file.Refuse("size", "must be an object, of height and width or of shortest_edge: a bare number means the one or the other");
        }

        var size = file.Object("size");
        if (size.Names.FirstOrDefault(static name => name is not ("height" or "width" or "shortest_edge")) is { } unknown)
        {
            CheckName(size, unknown);
            throw size.Refuse(unknown, "is not supported");
        }

        if (!size.Has("shortest_edge"))
        {
            return new ImageScaling(Sides(size), ShortestEdge: false);
        }

        var side = Side(size, "shortest_edge");
        return new ImageScaling(new ImageSize(side, side), ShortestEdge: true);
    }

    private static ImageSize Sides(FolderJson size) => new(Side(size, "width"), Side(size, "height"));

    private static int Side(FolderJson size, string name) => size.Number(name, 1, MaximumSide);

    // In the precision, and in the order, of transformers: factor in double, the rest in single precision.
    private static float[][] Levels(FolderJson file)
    {
        var factor = file.Flag("do_rescale") is false ? 1 : file.Real("rescale_factor", -1e6, 1e6) ?? 1 / 255.0;
        var offset = file.Flag("rescale_offset") is true ? 1f : 0f;
        // MobileViT's processor has no such step.
        var normalized = file.Flag("do_normalize") ?? !IsOf(file, "MobileViT");
        var (means, deviations) = (Channels(file, "image_mean", normalized), Channels(file, "image_std", normalized));
        var twice = normalized && file.Flag("include_top") is true && IsOf(file, "EfficientNet");
        if (Array.Exists(deviations, static deviation => deviation == 0))
        {
            throw file.Refuse("image_std", "must not be 0");
        }

        return [.. Enumerable.Range(0, 3).Select(channel => (float[])[.. Enumerable.Range(0, 256).Select(value =>
        {
            var level = (float)(value * factor) - offset;
            level = normalized ? (level - means[channel]) / deviations[channel] : level;
            return twice ? level / deviations[channel] : level;
        })])];
    }

    private static float[] Channels(FolderJson file, string name, bool needed)
    {
        if (!needed)
        {
            return [1, 1, 1];
        }

        var values = file.Reals(name, -1e6, 1e6);
        return values.Count switch
        {
            1 => [(float)values[0], (float)values[0], (float)values[0]],
            3 => [.. values.Select(static value => (float)value)],
            0 => throw file.Refuse(name, "is missing"),
            _ => throw file.Refuse(name, "must be a number or three"),
        };
    }
}
