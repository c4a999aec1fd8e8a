namespace GenAiLab.Models.Folders;

/// <summary>
/// What a decoder's folder says of its model, whichever convention it was written by. How the model is built is
/// read from the graph; where the folder says it too, both must agree.
/// </summary>
public sealed record DecoderConfig
{
    /// <summary>The longest window that a folder may claim, in tokens, and the largest vocabulary.</summary>
    public const int MaximumNumber = 1 << 20;

    /// <summary>The convention.</summary>
    public FolderLayout Layout { get; init; } = FolderLayout.GenAi;

    /// <summary>The file that says so.</summary>
    public string ConfigFile => Layout == FolderLayout.GenAi ? GenAiConfig.FileName : HuggingFaceConfig.FileName;

    /// <summary>What that file calls <see cref="ContextLength"/>.</summary>
    public string ContextField { get; init; } = "model.context_length";

    /// <summary>Beginning-of-sequence token id; the first that ends one where the folder names none.</summary>
    public required int BosTokenId { get; init; }

    /// <summary>Ids that end a sequence; at least one.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }

    /// <summary>Padding token id; the first that ends a sequence where the folder names none.</summary>
    public required int PadTokenId { get; init; }

    /// <summary>Context window in tokens, prompt and generated together. 1 to <see cref="MaximumNumber"/>.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Number of token ids. 1 to <see cref="MaximumNumber"/>.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The graph's file, relative to the folder and within it.</summary>
    public string GraphFile { get; init; } = "model.onnx";

    /// <summary>Width of a head; 0: not said, as for all that follow.</summary>
    public int HeadSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; init; }

    /// <summary>Query heads.</summary>
    public int Heads { get; init; }

    /// <summary>Key and value heads.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Transformer blocks.</summary>
    public int Layers { get; init; }

    /// <summary>What the graph calls its inputs and outputs.</summary>
    public GraphNames Names { get; init; } = new();

    /// <summary>How the model wants to be sampled.</summary>
    public GenerationSettings Generation { get; init; } = new();

    /// <summary>What <see cref="ConfigFile"/> calls a number that genai_config.json has under the given name.</summary>
    public string Field(string name) => Layout == FolderLayout.Optimum ? name : name == "vocab_size" ? $"model.{name}" : $"model.decoder.{name}";

    /// <summary>The folder of the graph within a model folder: external weights lie there.</summary>
    public string GraphFolder(string folder) => Path.GetDirectoryName(Path.GetFullPath(Path.Combine(folder, GraphFile)))!;

    /// <summary>Whether a folder holds a decoder, by the files in it.</summary>
    public static bool IsDecoder(string folder) =>
        File.Exists(Path.Combine(folder, GenAiConfig.FileName)) || HuggingFaceConfig.IsDecoder(folder);

    /// <summary>Reads what a folder says of its decoder: genai_config.json, or config.json without that.</summary>
    /// <exception cref="ModelFolderException">It is missing, damaged, out of range, or a model of another kind.</exception>
    public static DecoderConfig Read(string folder) =>
        File.Exists(Path.Combine(folder, GenAiConfig.FileName)) || !File.Exists(Path.Combine(folder, HuggingFaceConfig.FileName))
            ? GenAiConfig.Read(folder)
            : HuggingFaceConfig.Read(folder);
}
