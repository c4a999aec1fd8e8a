using GenAiLab.Models.Folders;
using GenAiLab.Models.Onnx;
using Google.Protobuf;

namespace GenAiLab.Classifier.Folders;

/// <summary>Weights of a graph that lie in files of their own, which must be files of the same folder.</summary>
internal static class ExternalData
{
    private const int External = 1; // TensorProto.DataLocation.EXTERNAL

    /// <summary>Checks the initializers of the main graph, before ONNX Runtime opens anything they name.</summary>
    /// <exception cref="ModelFolderException">The file is no ONNX graph, or names a file elsewhere.</exception>
    public static void Check(string graphPath)
    {
        var file = Path.GetFileName(graphPath);
        var folder = Path.GetDirectoryName(graphPath)!;
        try
        {
            using var stream = File.OpenRead(graphPath);
            foreach (var tensor in ModelProto.Parser.ParseFrom(stream).Graph?.Initializer ?? [])
            {
                if ((int)tensor.DataLocation != External)
                {
                    continue;
                }

                var location = tensor.ExternalData.FirstOrDefault(static pair => pair.Key == "location")?.Value ?? "";
                if (location is "" or "." or ".." || location != Path.GetFileName(location) || location.Contains('\\')
                    || new FileInfo(Path.Combine(folder, location)) is not { Exists: true, LinkTarget: null })
                {
                    throw new ModelFolderException(file, "its external data is not a file of the folder");
                }
            }
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelFolderException(file, "not an ONNX graph; truncated?", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(file, "cannot be read", error);
        }
    }
}
