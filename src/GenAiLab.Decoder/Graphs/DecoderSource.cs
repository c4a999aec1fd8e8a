using GenAiLab.Models.Folders;

namespace GenAiLab.Decoder.Graphs;

/// <summary>A decoder's folder whose files are checked: they are whole and lie where they must.</summary>
/// <param name="Folder">The model's folder.</param>
/// <param name="Config">What it says of the model, the window no longer than is served.</param>
/// <param name="WeightBytes">Bytes of the graph's file and of those that it names.</param>
internal sealed record DecoderSource(string Folder, DecoderConfig Config, long WeightBytes)
{
    /// <summary>Where the graph lies, and external weights.</summary>
    public string GraphFolder => Config.GraphFolder(Folder);

    /// <summary>Reads and checks a folder; nothing of its size is held.</summary>
    /// <exception cref="ModelFolderException">The folder is refused.</exception>
    public static DecoderSource Open(string folder, DecoderOptions options)
    {
        var config = DecoderConfig.Read(folder);
        if (options.MaximumContext > 0 && config.ContextLength > options.MaximumContext)
        {
            config = config with { ContextLength = options.MaximumContext };
        }

        if (config.ContextLength < 2)
        {
            throw new ModelFolderException(config.ConfigFile, $"{config.ContextField} must leave room for a prompt and one token");
        }

        return new DecoderSource(folder, config, ExternalDataCheck.Check(config.GraphFolder(folder), Path.GetFileName(config.GraphFile)));
    }
}
