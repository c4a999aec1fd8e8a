using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Models.Quantization;

/// <summary>A model folder whose weights were quantised once, so that loading need not do it again.</summary>
public static class QuantizedFolder
{
    private const int MaximumDepth = 100;

    /// <summary>Writes a whole folder beside its place, then puts it there: what was there, or the new one, is there at any moment.</summary>
    /// <param name="source">A decoder's folder.</param>
    /// <param name="target">The new folder.</param>
    /// <param name="format">A format of one operator per product; <see cref="WeightFormat.Int8PerRow"/> is made at load only.</param>
    /// <param name="replace">Whether a folder that is there is replaced.</param>
    /// <returns>How many matrix products were rewritten.</returns>
    /// <exception cref="ModelFolderException">The source is refused, or cannot be written so.</exception>
    /// <exception cref="IOException">The target is there already, or cannot be written.</exception>
    public static int Write(string source, string target, WeightFormat format, bool replace)
    {
        if (format is WeightFormat.Float32 or WeightFormat.Int8PerRow)
        {
            throw new ModelFolderException(GenAiConfig.FileName, $"a folder cannot be written in {format.Name()}; set Decoder:WeightFormat to have it at load");
        }

        var config = DecoderConfig.Read(source);
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        // Before the weights are read: it recovers what a killed run left, and says when nothing can be written.
        using var staged = StagedFolder.Empty(target);
        if (Directory.Exists(target) && !replace)
        {
            throw new IOException($"{Path.GetFileName(target)} is there already; --force replaces it");
        }

        var model = Read(source, config.GraphFile);
        var count = WeightQuantization.Apply(model, config.GraphFolder(source), format);
        AtomicFile.Write(Path.Combine(staged.Path, config.GraphFile), stream => model.WriteTo(stream));
        // The weights' file of the source is dropped unless something in the new graph still lies in it.
        var weights = External(model).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(source).Where(static file => !IsWeights(file)))
        {
            File.Copy(file, Path.Combine(staged.Path, Path.GetFileName(file)));
        }

        foreach (var file in weights)
        {
            File.Copy(Path.Combine(config.GraphFolder(source), file), Path.Combine(config.GraphFolder(staged.Path), file), overwrite: true);
        }

        Describe(staged.Path, format, count);
        staged.Commit(replace);
        return count;
    }

    private static ModelProto Read(string folder, string file)
    {
        try
        {
            using var stream = File.OpenRead(Path.Combine(folder, file));
            return ModelProto.Parser.ParseFrom(CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaximumDepth));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelFolderException(file, "not a whole ONNX file; truncated?", error);
        }
    }

    private static bool IsWeights(string file) => Path.GetExtension(file) is ".onnx" or ".data" or ".onnx_data";

    private static IEnumerable<string> External(ModelProto model) =>
        model.Graph.Initializer.SelectMany(static tensor => tensor.ExternalData).Where(static entry => entry.Key == "location").Select(static entry => entry.Value);

    private static void Describe(string folder, WeightFormat format, int count)
    {
        var card = Path.Combine(folder, "README.md");
        var text = File.Exists(card) ? File.ReadAllText(card) : "";
        AtomicFile.WriteText(
            card,
            $"{text.TrimEnd()}\n\n## Quantised\n\nThe {count} matrix products of this folder hold their weights as {format.Name()}; figures above are those of the 32-bit weights.\n".TrimStart());
    }
}
