namespace GenAiLab.Models.Folders;

/// <summary>A model folder cannot be used. The message names the file within the folder and what is wrong; never a full path.</summary>
public sealed class ModelFolderException(string file, string reason, Exception? inner = null) : Exception($"{file}: {reason}", inner)
{
    /// <summary>The file's name within the folder.</summary>
    public string File { get; } = file;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
